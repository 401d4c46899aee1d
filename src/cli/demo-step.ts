/** One step of the demo, and what it is given. A new step is one more entry in `STEPS` (demo.ts). */
import type { Settings } from '../config/settings.ts';
import type { Lake } from '../lake/open-lake.ts';
import type { Truth } from '../simulate/truth.ts';
import type { Io } from './io.ts';
import type { Output } from './output.ts';

export interface Demo {
  /** As the user would type them: the demo's folder, and the lake, in it or at an address. */
  folder: string;
  lakePlace: string;
  landingFolder: string;
  lake: Lake;
  /** What the lake was opened with. */
  settings: Settings;
  io: Io;
  output: Output;
  signal: AbortSignal;
  /** How many events, and the shop's seed. */
  events: number;
  seed: number;
  /** Set after the shop has been simulated. */
  truth?: Truth;
}

export interface DemoResult {
  /** The step's part of the demo's JSON. */
  json: unknown;
  /** What it says on the terminal. */
  lines: string[];
  /** What it leaves behind, and where. */
  places?: [what: string, path: string][];
  /** Commands to try on the lake, by what follows `clicklake --lake …`. */
  next?: [command: string, meaning: string][];
}

export interface DemoStep {
  /** Its key in the demo's JSON. */
  name: string;
  /** What the terminal says before it. */
  title: string;
  run(demo: Demo): Promise<DemoResult>;
}
