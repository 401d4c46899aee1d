/** What to do about files in which no record is a JSON object: no mapping helps. */
export const NO_OBJECTS_HINT =
  'no mapping helps: the files are not newline-delimited JSON (an object on each line), nor JSON arrays, CSV with a header, Parquet or Avro (docs/accepted-input.md); to take them out of the lake again, see "Taking a received file back" in docs/operations.md';
