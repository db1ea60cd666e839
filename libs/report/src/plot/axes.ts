import type { Scale } from './scale.ts';
import { line, text } from './svg.ts';
import type { Point } from './svg.ts';
import type { Frame } from './theme.ts';

/** The part of a drawing that has the figures. */
export type Area = {
  readonly left: number;
  readonly top: number;
  readonly widthPx: number;
  readonly heightPx: number;
};

/** Where figures lie in an area: x to the right, y upwards. */
export function placesIn({ left, top, widthPx, heightPx }: Area, x: Scale, y: Scale) {
  return (figureX: number, figureY: number): Point => [
    left + x.at(figureX) * widthPx,
    top + (1 - y.at(figureY)) * heightPx,
  ];
}

type AxisOptions = {
  /** A line across the area at each tick. */
  readonly isGrid?: boolean;
  readonly title?: string;
  /** Only lines: another axis below or beside has the texts. */
  readonly isSilent?: boolean;
  /** In place of the text of the scale. */
  readonly textOf?: (figure: number) => string;
};

/** The axis below an area. */
export function xAxis(scale: Scale, { left, top, widthPx, heightPx }: Area, frame: Frame, options: AxisOptions = {}): string {
  const { theme, fontPx } = frame;
  // a text at an end of the drawing stays within it
  const anchorAt = (x: number) =>
    x < fontPx ? ('start' as const) : x > frame.widthPx - fontPx ? ('end' as const) : ('middle' as const);
  const { isGrid = false, title, isSilent = false, textOf = scale.textOf } = options;
  const bottom = top + heightPx;
  const parts = scale.ticks.flatMap((tick) => {
    const x = left + scale.at(tick) * widthPx;
    return [
      ...(isGrid ? [line([x, top], [x, bottom], { stroke: theme.grid })] : []),
      ...(isSilent ? [] : [text([x, bottom + fontPx * 1.2], textOf(tick), { fill: theme.faint, anchor: anchorAt(x), sizePx: fontPx - 1 })]),
    ];
  });
  const base = isGrid ? [] : [line([left, bottom], [left + widthPx, bottom], { stroke: theme.grid })];
  const name = title === undefined ? [] : [text([left + widthPx / 2, bottom + fontPx * 2.8], title, { fill: theme.faint, anchor: 'middle', sizePx: fontPx - 1 })];
  return [...base, ...parts, ...name].join('');
} // prettier-ignore

/** The axis at the left of an area, with a line across it at each tick. */
export function yAxis(scale: Scale, { left, top, widthPx, heightPx }: Area, frame: Frame, options: AxisOptions = {}): string {
  const { theme, fontPx } = frame;
  const { title, textOf = scale.textOf } = options;
  const parts = scale.ticks.flatMap((tick) => {
    const y = top + (1 - scale.at(tick)) * heightPx;
    return [
      line([left, y], [left + widthPx, y], { stroke: theme.grid }),
      text([left - fontPx * 0.7, y], textOf(tick), { fill: theme.faint, anchor: 'end', sizePx: fontPx - 1 }),
    ];
  });
  const name = title === undefined ? [] : [text([fontPx * 0.6, top + heightPx / 2], title, { fill: theme.faint, anchor: 'middle', turn: -90, sizePx: fontPx - 1 })];
  return [...parts, ...name].join('');
} // prettier-ignore

/** Height that an axis below an area takes. */
export function axisPx({ fontPx }: Frame, hasTitle: boolean): number {
  return fontPx * (hasTitle ? 3.8 : 2.2);
}
