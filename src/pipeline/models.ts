/** The SQL files under models/, which define what every table holds. */
import { readFileSync } from 'node:fs';

const MODELS = new URL('../../models/', import.meta.url);

/** The text of `models/<name>.sql`. */
export function readModel(name: string): string {
  return readFileSync(new URL(`${name}.sql`, MODELS), 'utf8').trim();
}

/** What a model's first comment says of its table: `-- <table>: <one sentence>.` and perhaps more. */
export function tableSummary(sql: string): string | undefined {
  const [comment = ''] = /^(?:--.*\n?)*/.exec(sql) ?? [];
  const text = comment.replace(/^-- ?/gm, '').replace(/\s+/g, ' ');
  return /^\w+: (.+?\.)(?: |$)/.exec(text)?.[1];
}

/**
 * What a model's last SELECT says of its columns: one column a line, its name last before the comma,
 * and behind it a comment: its meaning, its unit in brackets, and where it can be null, at the end,
 * `; null: <what that means>`.
 */
export function columnComments(sql: string): Map<string, string> {
  const lastSelect = sql.slice(sql.lastIndexOf('\nSELECT') + 1);
  const comments = new Map<string, string>();
  for (const line of lastSelect.split('\n')) {
    const [, name, comment] = /(\w+),?\s+-- (.+)$/.exec(line) ?? [];
    if (name !== undefined && comment !== undefined) comments.set(name, comment.trim());
  }
  return comments;
}
