/**
 * Colours that stay apart for colour-blind readers: Okabe and Ito, "Color Universal Design" (2008), without the black
 * and the yellow, which text and white ground need.
 */
export const environmentColours = ['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00'] as const;

/** Net is the app itself; tare is what its environment adds. */
export const partColours = { net: '#0072B2', tare: '#E69F00' } as const;

/** Ground, text, and lines: fixed, so that a picture reads on a dark page too. */
export const ink = { ground: '#FFFFFF', text: '#1F2328', faint: '#59636E', grid: '#D8DEE4' } as const;

/** A colour on the way to the ground, for what counts less; "#rrggbb" in and out. */
export function paleOf(colour: string): string {
  const parts = [1, 3, 5].map((place) => Number.parseInt(colour.slice(place, place + 2), 16));
  return `#${parts
    .map((part) =>
      Math.round(255 - (255 - part) * 0.45)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}
