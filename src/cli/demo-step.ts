/** One step of the demo and its input. A new step is one more entry in `STEPS` (demo.ts). */
import type { Settings } from '../config/settings.ts';
import type { Lake } from '../lake/open-lake.ts';
import type { Truth } from '../simulate/truth.ts';
import type { Io } from './io.ts';
import type { Output } from './output.ts';

export interface Demo {
  /**
   * Paths as the user would type them: the demo's folder, and the lake, which is in it or at an
   * address.
   */
  folder: string;
  lakePlace: string;
  landingFolder: string;
  lake: Lake;
  /** The settings that the lake was opened with. */
  settings: Settings;
  io: Io;
  output: Output;
  signal: AbortSignal;
  /** The requested number of events, and the seed of the shop. */
  events: number;
  seed: number;
  /** Set after the shop has been simulated. */
  truth?: Truth;
}

export interface DemoResult {
  /** The step's part of the JSON output. */
  json: unknown;
  /** Lines for the terminal. */
  lines: string[];
  /** Files and folders that the step creates, with a description. */
  places?: [what: string, path: string][];
  /** Commands to try on the lake, as they follow `clicklake --lake …`. */
  next?: [command: string, meaning: string][];
}

export interface DemoStep {
  /** Its key in the JSON output. */
  name: string;
  /** Printed before the step runs. */
  title: string;
  run(demo: Demo): Promise<DemoResult>;
}
