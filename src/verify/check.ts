export interface VerifyCheck {
  /** What is compared, a short phrase that begins with the table. */
  name: string;
  /** From the raw lines. */
  expected: string;
  /** From the tables. */
  actual: string;
  isEqual: boolean;
}

export function check(name: string, expected: unknown, actual: unknown): VerifyCheck {
  const texts = { expected: String(expected), actual: String(actual) };
  return { name, ...texts, isEqual: texts.expected === texts.actual };
}
