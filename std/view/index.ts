import "./standard-views.js";

export { displaySink, displaySymbol, setDisplaySink, type DisplaySink, type MimeBundle } from "./bundle.js";
export { bundleOf, displayable, registerViews, type ViewHandler, type ViewOptions } from "./views.js";
export { show } from "./show.js";
export { networkTable } from "./network-table.js";
export { tensorView } from "./tensor-view.js";
export { imageGrid, type ImageGridOptions } from "./image-grid.js";
export { attentionMaps } from "./attention.js";
export { featureMaps, filters } from "./feature-maps.js";
export { trainingCurve } from "./training-curve.js";
export { liveTraining } from "./live-training.js";
export { compareHistories } from "./compare-histories.js";
export { confusionMatrix } from "./confusion-matrix.js";
export { confusions, mistakes, predictions, type Predictions } from "./mistakes.js";
export { datasetView } from "./dataset-view.js";
