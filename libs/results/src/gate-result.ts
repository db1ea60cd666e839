import { z } from 'zod';

const decisions = ['pass', 'regression', 'undecided', 'invalid'] as const;

/**
 * The outcome of a gate. `invalid`: nothing was measured that could support a decision. The exit code of each is its place
 * among the first three, and 3.
 */
export type GateDecision = (typeof decisions)[number];

/** The exit code of each decision. */
export const gateExitCodes = {
  pass: 0,
  regression: 1,
  undecided: 2,
  invalid: 3,
} as const satisfies Record<GateDecision, number>;

const finite = z.number();

const commitSchema = z
  .strictObject({
    ref: z.string().describe('The name it was requested by: "origin/main".'),
    commit: z.string().describe('The full hash.'),
    subject: z.string().describe('First line of its message.'),
    modified: z.boolean().describe('Whether tracked files differ from the commit; never for the base.'),
  })
  .describe('A commit that was measured, or the state of the working tree upon it.');

const workloadSchema = z.discriminatedUnion('status', [
  z.strictObject({ workload: z.string(), status: z.literal('measured') }),
  z.strictObject({
    workload: z.string(),
    status: z.literal('same-bytes').describe('Nothing to measure: both sides run the same bytes.'),
    sha256: z.string(),
  }),
  z.strictObject({ workload: z.string(), status: z.literal('not-compared'), reason: z.string() }),
]);

const environmentSchema = z.discriminatedUnion('status', [
  z.strictObject({ environment: z.string(), status: z.literal('measured') }),
  z.strictObject({
    environment: z.string(),
    status: z.literal('not-needed').describe('No workload was to be measured in it.'),
  }),
  z.strictObject({
    environment: z.string(),
    status: z.literal('not-judged').describe('Measured, but without a decision.'),
    reason: z.string(),
  }),
  z.strictObject({ environment: z.string(), status: z.literal('not-measured'), reason: z.string() }),
]);

const comparisonSchema = z
  .strictObject({
    workload: z.string(),
    environment: z.string(),
    metric: z.string().describe('Key of the metric; names its unit.'),
    n: z.int().nonnegative().describe('Rounds in which both were measured.'),
    ratio: finite.nullable().describe('Head ÷ base; null without a figure.'),
    ci95: z
      .tuple([finite, finite])
      .readonly()
      .nullable()
      .describe('Interval of the ratio that decides: those of all looks hold it together with about 95 %.'),
    margin: finite.describe('Relative difference that does not matter, as a share.'),
    decision: z
      .enum(['pass', 'regression', 'undecided'])
      .nullable()
      .describe('null where nothing is decided; the note says why.'),
    roundsMore: z
      .int()
      .nullable()
      .describe(
        'Further rounds that an undecided comparison would need; null when decided, or when no feasible number would do.',
      ),
    note: z.string().nullable(),
  })
  .describe('One metric of one workload in one environment: head against base.');

/** The result of a gate: `gate.json`. */
export const gateResultSchema = z.strictObject({
  schema: z.literal(1),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  decision: z.enum(decisions),
  exitCode: z.int(),
  problem: z.string().nullable().describe('Why there is no decision, in one line; null when there is one.'),
  base: commitSchema.nullable().describe('null when it was not found.'),
  head: commitSchema.nullable(),
  threshold: finite.describe('The smallest worsening that matters to the gate, as a share.'),
  workloads: z.array(workloadSchema).readonly(),
  environments: z.array(environmentSchema).readonly(),
  run: z
    .strictObject({ id: z.string(), seed: z.int(), rounds: z.int() })
    .nullable()
    .describe('The run that was made; null when there was none.'),
  comparisons: z.array(comparisonSchema).readonly(),
  warnings: z.array(z.string()).readonly().describe('What makes the figures less sure, a line each.'),
});

export type GateCommit = Readonly<z.infer<typeof commitSchema>>;
/** What was done about a workload. */
export type GateWorkload = Readonly<z.infer<typeof workloadSchema>>;
/** What was done about an environment. */
export type GateEnvironment = Readonly<z.infer<typeof environmentSchema>>;
export type GateComparison = Readonly<z.infer<typeof comparisonSchema>>;
export type GateResult = Readonly<z.infer<typeof gateResultSchema>>;
