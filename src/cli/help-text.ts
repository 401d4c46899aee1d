/** The examples in a command's help. */
export function examples(lines: readonly (readonly [command: string, meaning: string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  const shown = lines.map(([command, meaning]) =>
    `  $ ${command.padEnd(width)}  ${meaning === '' ? '' : `# ${meaning}`}`.trimEnd(),
  );
  return `\nExamples:\n${shown.join('\n')}`;
}
