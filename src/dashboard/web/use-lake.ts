/** What the page knows of the lake: asked again when the lake or the filters change. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Definition, Health, Options, OwnView, View } from '../view.ts';
import { changeFilters, type Filters, toQuery } from './address.ts';
import { askDefinitions, askHealth, askOptions, askOwnTable, askView, LOST } from './api.ts';

export interface LakeState {
  options: Options | undefined;
  /** Of the filters, or of those before until the answer is there. */
  view: View | undefined;
  /** The same of the own table that the filters name. */
  ownView: OwnView | undefined;
  /** Of the view's version, or of an earlier one until the answer is there. */
  health: Health | undefined;
  definitions: Definition[];
  problem: string | undefined;
  isLoading: boolean;
}

const REFRESH_MS = 5000;

export function useLake(filters: Filters): LakeState {
  const [options, setOptions] = useState<Options>();
  const [definitions, setDefinitions] = useState<Definition[]>([]);
  const [view, setView] = useState<View>();
  const [ownView, setOwnView] = useState<OwnView>();
  const [health, setHealth] = useState<Health>();
  const [problem, setProblem] = useState<string>();
  const [isLoading, setLoading] = useState(true);
  /** Counts the times a question must be asked again because the server was gone. */
  const [attempt, setAttempt] = useState(0);
  const isUnanswered = useRef(false);
  /** The filters say nothing of the lake's health: one answer holds for a version. */
  const healthVersion = useRef<string | undefined>(undefined);
  const version = options?.version;
  const known = useRef<string | undefined>(undefined);
  // Which figure is drawn is no question to the server, and a session is asked for by its panel.
  const query = toQuery(changeFilters(filters, { figure: undefined, session: undefined }));

  const refuse = (error: Error): void => {
    if (error.message === LOST) {
      isUnanswered.current = true;
    }
    setProblem(error.message);
  };

  useEffect(() => {
    askDefinitions().then(setDefinitions, () => {});
    const look = (): Promise<void> =>
      askOptions(known.current).then(
        (found) => {
          known.current = found.version;
          setOptions((before) => (isSame(before, found) ? before : found));
          setProblem((before) => (before === LOST ? undefined : before));
          if (isUnanswered.current) {
            setAttempt((count) => count + 1);
          }
          isUnanswered.current = false;
          if (!found.isComplete) {
            // Answered when the rest has been read.
            look();
          }
        },
        (error: Error) => setProblem((before) => before ?? error.message),
      );
    look();
    const timer = setInterval(look, REFRESH_MS);
    return () => clearInterval(timer);
  }, []);

  useEffect(() => {
    if (version === undefined) {
      return;
    }
    setLoading(true);
    const end = (error?: Error): void => {
      setLoading(false);
      if (error === undefined) {
        setProblem(undefined);
      } else {
        refuse(error);
      }
    };
    return filters.table === undefined
      ? asking((signal) => askView(query, signal), setView, end)
      : asking((signal) => askOwnTable(query, signal), setOwnView, end);
    // Another attempt asks again.
  }, [version, query, attempt]);

  // Figures come first: health is asked for when they are there.
  const shown = view?.version;
  useEffect(() => {
    if (shown === undefined || shown === healthVersion.current) {
      return;
    }
    return asking(
      askHealth,
      (found) => {
        setHealth(found);
        healthVersion.current = shown;
      },
      (error) => {
        if (error !== undefined) {
          refuse(error);
        }
      },
    );
  }, [shown, attempt]);

  return { options, view, ownView, health, definitions, problem, isLoading };
}

/** The answer changes with the lake, and with the time where the lake is fresh. */
function isSame(known: Options | undefined, found: Options): boolean {
  return (
    known?.version === found.version &&
    known.isComplete === found.isComplete &&
    JSON.stringify(known.realtime) === JSON.stringify(found.realtime)
  );
}

/** Asks, and then tells how it ended, unless the returned function was called before. */
function asking<Answer>(
  ask: (signal: AbortSignal) => Promise<Answer>,
  onAnswer: (answer: Answer) => void,
  onEnd: (error?: Error) => void,
): () => void {
  const control = new AbortController();
  ask(control.signal).then(
    (answer) => {
      if (!control.signal.aborted) {
        onAnswer(answer);
        onEnd();
      }
    },
    (error: Error) => {
      if (!control.signal.aborted) {
        onEnd(error);
      }
    },
  );
  return () => control.abort();
}
