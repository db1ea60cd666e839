import type { Verdict } from '@tare/results';

/**
 * Colours that stay apart for colour-blind readers: Okabe and Ito, "Color Universal Design" (2008), without the black and the
 * yellow, which text and white ground need.
 */
export const environmentColours = ['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00'] as const;

/** Ground, text, and lines of what is fixed: a picture reads on a dark page too. */
export const ink = { ground: '#FFFFFF', text: '#1F2328', faint: '#59636E', grid: '#D8DEE4' } as const;

/** The colours of a drawing. */
export type Theme = Readonly<Record<'ground' | 'text' | 'faint' | 'grid' | 'band' | Verdict, string>> & {
  /** Of an environment, by its place in the run. */
  readonly environment: (colour: number) => string;
};

/** What a chart is drawn for: a place on the page, or a file. */
export type Frame = {
  readonly theme: Theme;
  readonly widthPx: number;
  /** Size of its texts. */
  readonly fontPx: number;
};

/**
 * Narrow enough for a phone, where it is shown at four fifths of its size; wide screens have two beside each other. Colours are
 * variables of the style sheet, so that a chart follows the page into the dark.
 */
export const pageFrame: Frame = {
  widthPx: 380,
  fontPx: 11,
  theme: {
    ground: 'var(--ground)',
    text: 'var(--text)',
    faint: 'var(--faint)',
    grid: 'var(--grid)',
    band: 'var(--band)',
    better: 'var(--better)',
    worse: 'var(--worse)',
    same: 'var(--same)',
    undecided: 'var(--undecided)',
    environment: (colour) => `var(--${colourVariable(colour)})`,
  },
};

/** A picture in a file; the margin around it comes with its heading. */
export const pictureFrame: Frame = {
  widthPx: 720,
  fontPx: 13,
  theme: {
    ...ink,
    band: '#EDF1F4',
    better: '#007A5A',
    worse: '#C0480A',
    same: '#5B6671',
    undecided: '#8A6100',
    environment: (colour) => environmentColours[colour % environmentColours.length] ?? environmentColours[0],
  },
};

/** The variable of the style sheet with the colour of an environment. */
export function colourVariable(colour: number): string {
  return `e${colour % environmentColours.length}`;
}
