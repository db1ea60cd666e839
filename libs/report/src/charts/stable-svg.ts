/** Tells our own pictures from others in the same folder. */
export const chartMark = 'data-source="tare-report"';

/**
 * An SVG of ECharts without what depends on the charts drawn before it: class names and ids carry a counter of the
 * process. The style sheet holds only effects of the pointer, which a picture in a page never gets.
 * @param title what the picture shows, for those who cannot see it.
 */
export function stableSvg(svg: string, title: string): string {
  return (
    svg
      .replace(/<style\b[^>]*>[\s\S]*?<\/style>\n?/g, '')
      .replace(/(?<=<[^<>]*) (?:class="zr\d+-cls-\d+"|ecmeta_\w+="[^"]*"|pointer-events="[^"]*")/g, '')
      // Not every renderer knows the first; the second means the same for Latin text.
      .replace(/(?<=<text[^<>]*) dominant-baseline="central"/g, ' dy="0.35em"')
      .replace(/\bzr\d+-(?=\w+["')])/g, 'zr-')
      .replace(/^<svg /, `<svg ${chartMark} role="img" aria-label="${attributeText(title)}" `)
      .concat(svg.endsWith('\n') ? '' : '\n')
  );
}

function attributeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
