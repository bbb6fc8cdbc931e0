import type { MimeBundle } from "./bundle.js";
import type { Panel } from "./training-curve.js";
import { jsonForScript } from "./escape.js";
import { roundTo } from "./numbers.js";
import { selfShowing } from "./views.js";

/** A plotly figure: what `application/vnd.plotly.v1+json` holds. */
export interface PlotlyFigure {
  readonly data: readonly object[];
  readonly layout: object;
}

/** The name under which `lamella install` puts plotly.js beside the kernelspec, whose folder Jupyter serves. */
export const plotlyFile = "plotly-basic.min.js";

const grey = "#8a8a8a";

/** The panels as one figure with a subplot each. */
export function plotlyFigure(panels: readonly Panel[]): PlotlyFigure {
  const layout: Record<string, unknown> = {
    height: 320,
    margin: { l: 50, r: 20, t: 40, b: 45 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: grey },
    grid: { rows: 1, columns: panels.length, pattern: "independent" },
    legend: { orientation: "h", y: 1.18 },
  };
  const titles: object[] = [];
  const data = panels.flatMap((panel, index) => {
    const suffix = index === 0 ? "" : String(index + 1);
    layout[`xaxis${suffix}`] = { title: { text: panel.options.xLabel ?? "" }, range: panel.options.xRange?.map((value) => roundTo(value)), gridcolor: "#88888833", zerolinecolor: "#88888855" };
    layout[`yaxis${suffix}`] = { gridcolor: "#88888833", zerolinecolor: "#88888855", rangemode: "tozero" };
    titles.push({ text: `<b>${plotlyText(panel.options.title ?? "")}</b>`, showarrow: false, xref: `x${suffix} domain`, yref: `y${suffix} domain`, x: 0, y: 1.1, xanchor: "left" });
    return panel.series.map((line) => ({
      type: "scatter",
      mode: line.dots === true && line.y.length <= 60 ? "lines+markers" : "lines",
      name: plotlyText(line.name),
      x: line.x.map((value) => roundTo(value)),
      y: line.y.map((value) => (Number.isFinite(value) ? roundTo(value) : null)),
      line: { color: line.colour, width: line.faint === true ? 1 : 2, dash: line.dashed === true ? "dash" : "solid" },
      opacity: line.faint === true ? 0.35 : 1,
      xaxis: `x${suffix}`,
      yaxis: `y${suffix}`,
      legendgroup: plotlyText(line.name),
      showlegend: index === 0,
    }));
  });
  layout["annotations"] = titles;
  return { data, layout };
}

/** plotly reads a few tags and entities in its texts. */
function plotlyText(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

/**
 * Adds the plotly type, which front ends with the extension draw, and for `interactive` a script that puts the live figure
 * in the place of the picture. plotly.js itself is in no notebook file: the script takes the page's global, or loads the
 * copy that Jupyter serves beside the kernelspec. Where neither is there (a plain file, no kernel installed), or where
 * scripts are not trusted, the picture stays.
 */
export function withPlotly(bundle: MimeBundle, figure: PlotlyFigure, options: { interactive: boolean }): MimeBundle {
  const html = String(bundle["text/html"] ?? "");
  return selfShowing({
    ...bundle,
    "text/html": options.interactive ? `<div>${html}<script>${liveScript(figure)}</script></div>` : html,
    "application/vnd.plotly.v1+json": figure,
  });
}

function liveScript(figure: PlotlyFigure): string {
  return `(${loader.trim()})(document.currentScript,${jsonForScript(figure)},${JSON.stringify(plotlyFile)});`;
}

/** Kept as text: it runs in the page, and must not change with the compiler, or rerun notebooks would. */
const loader = `
function(script,figure,file){
var place=script&&script.parentNode;if(!place)return;
var draw=function(){if(!window.Plotly)return;var box=document.createElement("div");place.appendChild(box);
window.Plotly.newPlot(box,figure.data,figure.layout,{responsive:true,displaylogo:false}).then(function(){var img=place.querySelector("img");if(img)img.style.display="none";});};
if(window.Plotly)return draw();
if(window.lamellaPlotly)return void window.lamellaPlotly.then(draw,function(){});
var config=document.getElementById("jupyter-config-data"),base=document.body.getAttribute("data-base-url");
if(config)try{base=JSON.parse(config.textContent).baseUrl}catch(e){}
if(!base)return;
window.lamellaPlotly=new Promise(function(done,failed){var tag=document.createElement("script");
tag.src=base+"kernelspecs/lamella/"+file;tag.onload=done;tag.onerror=failed;document.head.appendChild(tag);});
window.lamellaPlotly.then(draw,function(){});
}`.replace(/\n/g, "");
