/** A file of the project, as it is to be written. */
export interface ProjectFile {
  /** Relative, with `/`. */
  path: string;
  /** UTF-8, lines ended by LF. */
  text: string;
}

export function jsonFile(path: string, value: unknown): ProjectFile {
  return { path, text: `${JSON.stringify(value, null, 2)}\n` };
}
