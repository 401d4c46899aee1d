/** Detects CSV by its header and the row below it, because any text may contain commas. */
import { NAMED_SEPARATOR, SEPARATORS } from './formats/csv.ts';

/** What may precede a header: blank lines, `sep=;`, and comments. The reader refuses comments. */
const PREAMBLE = new RegExp(String.raw`^(?:(?: *|${NAMED_SEPARATOR}|#.*)(?:\r*\n|\r))*`, 'i');
const NAME = /^[\p{L}_@$][\p{L}\p{N}_ .:/()$@[\]-]*$/u;
/**
 * Column names that are not identifiers: empty, a column number, or text with characters that
 * neither JSON nor HTML needs.
 */
const ODD_NAME = /^(?!\d{4}-\d)(?:|\d{1,4}|[\p{L}\p{N}_@$][^\p{C}{}"<>\\]*)$/u;

interface Row {
  fields: string[];
  /** True if the quotes of the last field are not closed. */
  isOpen: boolean;
  /** True if text follows the closing quotes of a field. */
  isBroken: boolean;
}

/** `isCut`: more text follows, so the last line may be incomplete. */
export function isCsv(text: string, isCut: boolean): boolean {
  const { 0: preamble, 1: separator } = PREAMBLE.exec(text) ?? [''];
  const table = text.slice(preamble.length);
  const separators = separator === undefined ? SEPARATORS : [separator];
  return separators.some((each) => isTable(table, each, isCut));
}

function isTable(text: string, separator: string, isCut: boolean): boolean {
  const rows = readRows(text, separator, isCut);
  const header = rows.next().value;
  if (header === undefined || header.fields.length < 2) {
    return false;
  }
  const names = header.fields.map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
  const isSame = ({ fields, isOpen }: Row): boolean => isOpen || fields.length === names.length;
  const first = rows.next().value;
  if (first !== undefined && !isSame(first)) {
    return false;
  }
  const isSound = (row: Row): boolean =>
    isSame(row) && !row.isBroken && !row.fields[0]?.trimStart().startsWith('{');
  // JSON lines after a stray first line are not CSV: each of them would also have to be a row.
  if (
    /^[ \t]*\{/m.test(text) &&
    !(first !== undefined && isSound(first) && [...rows].every(isSound))
  ) {
    return false;
  }
  return areNames(names, first !== undefined);
}

function areNames(names: readonly string[], hasRows: boolean): boolean {
  const usual = names.filter((name) => NAME.test(name)).length;
  const isUsual = usual === names.length;
  const isLikely = hasRows && usual >= 2 && usual >= names.length / 2;
  return isUsual || (isLikely && names.every((name) => ODD_NAME.test(name)));
}

/** The rows that are not blank. The last one only if it is complete. */
function* readRows(text: string, separator: string, isCut: boolean): Generator<Row, undefined> {
  const lineEnd = text.includes('\n') ? '\n' : '\r';
  let row: Row = { fields: [], isOpen: false, isBroken: false };
  let at = 0;
  while (at <= text.length) {
    const { field, end, isOpen, isBroken } = readField(text, at, separator, lineEnd);
    row.fields.push(field);
    row.isOpen = isOpen;
    row.isBroken ||= isBroken;
    at = end + 1;
    const isWhole = end < text.length || !isCut || isOpen;
    if (text[end] !== separator && isWhole && row.fields.join('').trim() !== '') {
      yield row;
    }
    if (text[end] !== separator) {
      row = { fields: [], isOpen: false, isBroken: false };
    }
  }
  return undefined;
}

/** The field at `at`. `end` is the position of its separator or line end. */
function readField(
  text: string,
  at: number,
  separator: string,
  lineEnd: string,
): { field: string; end: number; isOpen: boolean; isBroken: boolean } {
  const closing = text[at] === '"' ? closingQuote(text, at + 1) : undefined;
  if (closing === -1) {
    return { field: text.slice(at + 1), end: text.length, isOpen: true, isBroken: false };
  }
  const from = closing === undefined ? at : closing + 1;
  let end = from;
  while (end < text.length && text[end] !== separator && text[end] !== lineEnd) {
    end += 1;
  }
  const behind = text.slice(from, end).replace(/\r+$/, '');
  return closing === undefined
    ? { field: behind, end, isOpen: false, isBroken: false }
    : { field: text.slice(at + 1, closing), end, isOpen: false, isBroken: behind !== '' };
}

/**
 * The position of the closing quotes of a field, in which doubled quotes stand for one; -1: none.
 */
function closingQuote(text: string, start: number): number {
  let at = text.indexOf('"', start);
  while (at !== -1 && text[at + 1] === '"') {
    at = text.indexOf('"', at + 2);
  }
  return at;
}
