/** Answers that hold for as long as the lake has one version. */

/** The answer to a question, computed unless it is kept. */
export type KeptAnswers<Answer> = (
  version: string,
  question: string,
  compute: () => Promise<Answer>,
) => Promise<Answer>;

/** Those of the version asked for last, at most `limit` of them. A failure is not kept. */
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
    // Put at the end: the first is the one not asked for the longest.
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
