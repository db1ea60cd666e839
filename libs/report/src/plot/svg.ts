/** The look of a shape; `tip` is the exact value that a pointer on it tells. */
export type Look = {
  readonly fill?: string;
  readonly stroke?: string;
  readonly strokePx?: number;
  readonly dash?: readonly number[];
  readonly opacity?: number;
  readonly tip?: string;
};

export type Point = readonly [x: number, y: number];

export type TextLook = {
  readonly fill: string;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly sizePx?: number;
  readonly isBold?: boolean;
  /** A halo of this colour, for a text over lines. */
  readonly halo?: string;
  /** In degrees, around its own place. */
  readonly turn?: number;
};

export function line([x1, y1]: Point, [x2, y2]: Point, look: Look): string {
  return `<path d="M${px(x1)} ${px(y1)}L${px(x2)} ${px(y2)}"${attributes(look)}/>`;
}

export function polyline(points: readonly Point[], look: Look): string {
  return `<polyline points="${points.map(([x, y]) => `${px(x)} ${px(y)}`).join(' ')}"${attributes({ fill: 'none', ...look })}/>`;
}

export function polygon(points: readonly Point[], look: Look): string {
  return `<polygon points="${points.map(([x, y]) => `${px(x)} ${px(y)}`).join(' ')}"${attributes(look)}/>`;
}

export function rectangle(
  x: number,
  y: number,
  widthPx: number,
  heightPx: number,
  look: Look & { readonly radiusPx?: number },
): string {
  const radius = look.radiusPx === undefined ? '' : ` rx="${px(look.radiusPx)}"`;
  return `<rect x="${px(x)}" y="${px(y)}" width="${px(Math.max(0, widthPx))}" height="${px(Math.max(0, heightPx))}"${radius}${attributes(look)}/>`;
}

export function circle([x, y]: Point, radiusPx: number, look: Look = {}): string {
  return `<circle cx="${px(x)}" cy="${px(y)}" r="${px(radiusPx)}"${attributes(look)}/>`;
}

/** Shapes that have a look in common. */
export function alike(look: Look, shapes: readonly string[]): string {
  return shapes.length === 0 ? '' : `<g${attributes(look)}>${shapes.join('')}</g>`;
}

/** Slanted lines over a box, in the colour of the ground: what is hatched counts less. */
export function hatching(x: number, y: number, widthPx: number, heightPx: number, ground: string): string {
  const everyPx = 6;
  const lines = Array.from({ length: Math.ceil((widthPx + heightPx) / everyPx) }, (_, place) => {
    const start = place * everyPx - heightPx;
    const [from, to] = [Math.max(0, start), Math.min(widthPx, start + heightPx)];
    if (to <= from) return '';
    return `M${px(x + from)} ${px(y + heightPx - (from - start))}L${px(x + to)} ${px(y + heightPx - (to - start))}`;
  });
  return `<path d="${lines.join('')}"${attributes({ stroke: ground, strokePx: 2, opacity: 0.65 })}/>`;
}

/** A text whose middle line is at y. */
export function text([x, y]: Point, content: string, look: TextLook): string {
  const { fill, anchor = 'start', sizePx, isBold = false, halo, turn } = look;
  const optional = [
    anchor === 'start' ? '' : ` text-anchor="${anchor}"`,
    sizePx === undefined ? '' : ` font-size="${sizePx}"`,
    isBold ? ' font-weight="700"' : '',
    halo === undefined ? '' : ` stroke="${halo}" stroke-width="3" paint-order="stroke"`,
    turn === undefined ? '' : ` transform="rotate(${turn} ${px(x)} ${px(y)})"`,
  ];
  return `<text x="${px(x)}" y="${px(y)}" dy=".35em"${optional.join('')} fill="${fill}">${escapeXml(content)}</text>`;
}

/** Text as it may stand between tags and in a quoted attribute, of XML and of HTML. */
export function escapeXml(content: string): string {
  return content
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** The width of a character as a share of the size of its font; that of the reader is not known. */
const characterShare = 0.55;

/** How wide a text may be. */
export function textWidthPx(content: string, fontPx: number): number {
  return [...content].length * fontPx * characterShare;
}

/** How many characters of a size fit into a width. @param share of a character; for bold and large texts a wider one. */
export function fittingCharacters(widthPx: number, fontPx: number, share = characterShare): number {
  return Math.max(1, Math.floor(widthPx / (fontPx * share)));
}

function attributes({ fill, stroke, strokePx, dash, opacity, tip }: Look): string {
  return [
    fill === undefined ? '' : ` fill="${fill}"`,
    stroke === undefined ? '' : ` stroke="${stroke}"`,
    strokePx === undefined ? '' : ` stroke-width="${strokePx}"`,
    dash === undefined ? '' : ` stroke-dasharray="${dash.join(' ')}"`,
    opacity === undefined ? '' : ` opacity="${px(opacity, 2)}"`,
    tip === undefined ? '' : ` data-t="${escapeXml(tip)}"`,
  ].join('');
}

/** A tenth of a pixel is as fine as anyone sees. */
function px(value: number, decimals = 1): string {
  return String(Number(value.toFixed(decimals)) || 0);
}
