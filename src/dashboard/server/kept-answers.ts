/** A cache of answers for one version of the lake. */

/** The cached answer to a question, else computed. */
export type KeptAnswers<Answer> = (
  version: string,
  question: string,
  compute: () => Promise<Answer>,
) => Promise<Answer>;

/** Caches answers of the newest requested version, at most `limit`. Failures are not cached. */
export function keepAnswers<Answer>(limit: number): KeptAnswers<Answer> {
  const answers = new Map<string, Answer>();
  let keptVersion: string | undefined;
  return async (version, question, compute) => {
    if (version !== keptVersion) {
      answers.clear();
    }
    keptVersion = version;
    const kept = answers.get(question);
    const answer = kept ?? (await compute());
    // Reinsert at the end, so that the first entry is the least recently used.
    answers.delete(question);
    answers.set(question, answer);
    for (const oldest of answers.keys()) {
      if (answers.size <= limit) {
        break;
      }
      answers.delete(oldest);
    }
    return answer;
  };
}
