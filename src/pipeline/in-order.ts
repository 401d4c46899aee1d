/** Yields results in the order of the inputs; up to `limit` inputs are processed at a time. */
export async function* inOrder<Input, Result>(
  inputs: Iterable<Input>,
  limit: number,
  work: (input: Input) => Promise<Result>,
): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = [];
  try {
    for (const input of inputs) {
      const result = work(input);
      // The error is thrown when this result is awaited.
      result.catch(() => {});
      begun.push(result);
      if (begun.length >= limit) {
        yield await begun.shift()!;
      }
    }
    while (begun.length > 0) {
      yield await begun.shift()!;
    }
  } finally {
    await Promise.allSettled(begun);
  }
}
