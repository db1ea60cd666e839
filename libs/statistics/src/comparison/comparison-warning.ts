/** What a reader must know about a figure; shown beside it, never printed by this library. */
export type ComparisonWarning = {
  readonly code: 'too-few-rounds' | 'rounds-left-out' | 'out-of-range';
  readonly message: string;
};
