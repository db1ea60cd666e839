import { CustomChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { environmentColours } from '../charts/palette.ts';
import { escapeHtml, trusted } from './markup.ts';
import type { Html } from './markup.ts';
import { chartInk } from './options/page-chart.ts';
import type { PageChart } from './options/page-chart.ts';

use([CustomChart, GridComponent, SVGRenderer]);

/** Draws a chart as SVG for use inside a page: it takes fonts and colours from the style sheet. The same chart gives the same bytes. */
export function drawPageChart(plan: PageChart): Html {
  const { widthPx, heightPx, grid, xAxis, yAxis, layers } = plan;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: widthPx, height: heightPx });
  chart.setOption({
    animation: false,
    grid: [...grid],
    xAxis: [...xAxis],
    yAxis: [...yAxis],
    series: layers.map(({ series }) => series),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return trusted(pageSvg(svg, plan));
}

/** A tenth of a pixel is as fine as anyone sees. */
const geometry = / (?:points|d|cx|cy|x|y|transform)="[^"]*"/g;

const variables = new Map<string, string>([
  ...Object.entries(chartInk).map(([name, colour]) => [colour.toUpperCase(), `var(--${name})`] as const),
  ...environmentColours.map((colour, place) => [colour.toUpperCase(), `var(--e${place})`] as const),
]);

/**
 * The drawing without what the page does not need (style sheet, counters of the process, fonts), colours as variables, and each
 * shape that has a tip with its text in `data-t`.
 */
function pageSvg(svg: string, { widthPx, heightPx, alternative, layers }: PageChart): string {
  const head = `<svg class="chart" role="img" viewBox="0 0 ${widthPx} ${heightPx}" aria-label="${escapeHtml(alternative)}">`;
  return svg
    .replace(/<style\b[^>]*>[\s\S]*?<\/style>\n?/g, '')
    .replace(/<rect [^>]*fill="none"><\/rect>\n?/, '')
    .replace(
      /<[^<>]* ecmeta_series_index="(\d+)" ecmeta_data_index="(\d+)"[^<>]*>/g,
      (tag, series, datum) => {
        const tip = layers[Number(series)]?.tips?.[Number(datum)];
        return tip === undefined ? tag : `${tag.replace(/\/?>$/, '')} data-t="${escapeHtml(tip)}">`;
      },
    )
    .replace(/(?<=<[^<>]*) (?:class="zr\d+-cls-\d+"|ecmeta_\w+="[^"]*"|pointer-events="[^"]*")/g, '')
    .replace(/(?<=<[^<>]*) (?:stroke-linecap="round"|stroke-width="1"|fill-opacity="1"|fill="#000")/g, '')
    .replace(/ style="([^"]*)"/g, (_, style: string) => (style.includes('bold') ? ' class="b"' : ''))
    .replace(/ dominant-baseline="central"/g, ' dy=".35em"')
    .replace(/="(#[0-9a-f]{6})"/gi, (whole, colour: string) => {
      const variable = variables.get(colour.toUpperCase());
      return variable === undefined ? whole : `="${variable}"`;
    })
    .replace(geometry, (attribute) => attribute.replace(/(?<=\.\d)\d+/g, ''))
    .replace(/<\/(?:path|circle|polyline|polygon|rect)>/g, '')
    .replace(/<((?:path|circle|polyline|polygon|rect) [^<>]*?)\/?>\n?/g, '<$1/>')
    .replace(/^<svg [^>]*>\n?/, () => head)
    .trim();
}
