import type { MimeBundle } from "./bundle.js";
import { chartAxes } from "./chart/line-chart.js";
import type { Axis } from "./chart/ticks.js";
import { ink } from "./colours.js";
import type { Panel } from "./training-curve.js";
import { jsonForScript } from "./escape.js";
import { roundTo } from "./numbers.js";
import { htmlOf, selfShowing } from "./views.js";

/** A plotly figure: what `application/vnd.plotly.v1+json` holds. */
export interface PlotlyFigure {
  readonly data: readonly object[];
  readonly layout: object;
}

/** The name under which `lamella install` puts plotly.js beside the kernelspec, whose folder Jupyter serves. */
export const plotlyFile = "plotly-basic.min.js";

/** The panels as one figure with a subplot each. */
export function plotlyFigure(panels: readonly Panel[]): PlotlyFigure {
  const named = new Set(panels.flatMap((panel) => panel.series.filter((line) => line.faint !== true).map((line) => line.name)));
  const legend = named.size > 1;
  const layout: Record<string, unknown> = {
    height: legend ? 340 : 310,
    margin: { l: 50, r: 20, t: 40, b: legend ? 74 : 44 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: ink },
    grid: { rows: 1, columns: panels.length, pattern: "independent" },
    showlegend: legend,
    legend: { orientation: "h", y: -0.22 },
  };
  const titles: object[] = [];
  const data = panels.flatMap((panel, index) => {
    // The axes of the picture that this figure takes the place of: nothing jumps when it does.
    const { horizontal, vertical } = chartAxes(panel.series, panel.options);
    const suffix = index === 0 ? "" : String(index + 1);
    layout[`xaxis${suffix}`] = {
      ...axis(horizontal),
      title: { text: panel.options.xLabel ?? "", font: { size: 12 }, standoff: 4 },
      showgrid: false,
      zeroline: false,
      showline: true,
      linecolor: ink,
      ticks: "outside",
      tickcolor: ink,
    };
    layout[`yaxis${suffix}`] = { ...axis(vertical), gridcolor: "#88888833", zerolinecolor: "#88888855" };
    titles.push({
      text: `<b>${plotlyText(panel.options.title ?? "")}</b>`,
      showarrow: false,
      xref: `x${suffix} domain`,
      yref: `y${suffix} domain`,
      x: 0,
      y: 1.1,
      xanchor: "left",
    });
    return panel.series.map((line) => ({
      type: "scatter",
      mode: line.dots === true && line.y.length <= 60 ? "lines+markers" : "lines",
      name: plotlyText(line.name),
      x: line.x.map((value) => roundTo(value)),
      y: line.y.map((value) => (Number.isFinite(value) ? roundTo(value) : null)),
      line: { color: line.colour, width: line.faint === true ? 1 : 2, dash: line.dashed === true ? "dash" : "solid" },
      opacity: line.faint === true ? 0.35 : 1,
      // The marker of the last epoch lies on the panel's edge.
      cliponaxis: line.dots !== true,
      xaxis: `x${suffix}`,
      yaxis: `y${suffix}`,
      legendgroup: plotlyText(line.name),
      showlegend: index === 0 && line.faint !== true,
    }));
  });
  layout["annotations"] = titles;
  return { data, layout };
}

/** The same range and ticks, until one zooms. */
function axis({ minimum, maximum, ticks }: Axis): object {
  return { range: [roundTo(minimum), roundTo(maximum)], nticks: Math.max(2, ticks.length), tickfont: { size: 11 } };
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
  const html = htmlOf(bundle);
  return selfShowing({
    ...bundle,
    "text/html": options.interactive ? liveHtml(html, figure) : html,
    "application/vnd.plotly.v1+json": figure,
  });
}

function liveHtml(still: string, figure: PlotlyFigure): string {
  const data = jsonForScript(figure);
  const mark = fingerprint(data);
  return `<div data-lamella-figure="${mark}">${still}<script>(${loader})("${mark}",${data},${JSON.stringify(plotlyFile)});</script></div>`;
}

/** FNV-1a: tells the figures of a page apart, and is the same at every run. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/**
 * Kept as text: it runs in the page, and must not change with the compiler, or rerun notebooks would. It looks for its
 * element by the mark, since Notebook runs scripts from the page's head, before the output is in the page.
 */
const loader = `
function(mark,figure,file){
var draw=function(tries){if(!window.Plotly)return;
var place=document.querySelector('[data-lamella-figure="'+mark+'"]:not([data-live])');
if(!place){if(tries<20)setTimeout(function(){draw(tries+1)},50);return}
place.setAttribute("data-live","");var box=document.createElement("div");place.insertBefore(box,place.firstChild);
window.Plotly.newPlot(box,figure.data,figure.layout,{responsive:true,displaylogo:false}).then(function(){var img=place.querySelector("img");if(img)img.style.display="none"})};
var begin=function(){setTimeout(function(){draw(0)},0)};
if(window.Plotly)return begin();
if(window.lamellaPlotly)return void window.lamellaPlotly.then(begin,function(){});
var config=document.getElementById("jupyter-config-data"),base=document.body&&document.body.getAttribute("data-base-url");
if(config)try{base=JSON.parse(config.textContent).baseUrl}catch(e){}
if(!base)return;
var kernel=window.Jupyter&&window.Jupyter.notebook&&window.Jupyter.notebook.kernel,name=kernel&&kernel.name||"lamella";
window.lamellaPlotly=new Promise(function(done,failed){var tag=document.createElement("script");
tag.src=base+"kernelspecs/"+encodeURIComponent(name)+"/"+file;tag.onload=done;tag.onerror=failed;document.head.appendChild(tag)});
window.lamellaPlotly.then(begin,function(){})
}`.replace(/\n/g, "");
