import type { EnvironmentResult } from '@tare/results';

/** A fact that more than one environment states. */
export type ComparedFact = { readonly fact: string; readonly values: readonly (string | undefined)[] };

export type FairFacts = {
  readonly environments: readonly string[];
  /** Stated alike by every environment. */
  readonly equal: readonly { readonly fact: string; readonly value: string }[];
  /** Stated by several, not alike; a value per environment. */
  readonly different: readonly ComparedFact[];
  /** What an environment says itself of what could not be made equal. */
  readonly confessed: readonly { readonly environment: string; readonly text: string }[];
};

const confession = 'notEqual';
/** What an environment that does not state it lacks: the processor itself, the kernel of the host. */
const always = ['accelerator', 'guestKernel', 'acceleratorReason'];

/** What the measured environments state about themselves, compared. */
export function fairFacts(environments: readonly EnvironmentResult[]): FairFacts {
  const measured = environments.filter(({ status }) => status === 'measured');
  const names = [...new Set(measured.flatMap(({ facts }) => Object.keys(facts)))].filter(
    (fact) => fact !== confession,
  );
  const compared = names.map((fact): ComparedFact => ({
    fact,
    values: measured.map(({ facts }) => textOf(facts[fact])),
  }));
  const isEqual = ({ values }: ComparedFact) =>
    values.every((value) => value !== undefined && value === values[0]);
  const stated = ({ values }: ComparedFact) => values.filter((value) => value !== undefined).length;
  return {
    environments: measured.map(({ name }) => name),
    equal: compared.filter(isEqual).map(({ fact, values }) => ({ fact, value: values[0] ?? '' })),
    different: compared.filter((each) => !isEqual(each) && (stated(each) > 1 || always.includes(each.fact))),
    confessed: measured.flatMap(({ name, facts }) => {
      const text = textOf(facts[confession]);
      return text === undefined ? [] : [{ environment: name, text }];
    }),
  };
}

function textOf(value: string | number | boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** "memoryLimit" as "memory limit". */
export function factWords(fact: string): string {
  return fact.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
