export interface VerifyCheck {
  /** What is compared: a short phrase that begins with the table. */
  name: string;
  /** The value according to the raw lines. */
  expected: string;
  /** The value in the tables. */
  actual: string;
  isEqual: boolean;
}

/** Compares two values by their text. */
export function check(name: string, expected: unknown, actual: unknown): VerifyCheck {
  const texts = { expected: String(expected), actual: String(actual) };
  return { name, ...texts, isEqual: texts.expected === texts.actual };
}
