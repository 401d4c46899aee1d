/** Z85, the form of Base85 that Delta uses for UUIDs and bytes (rfc.zeromq.org/spec/32). */
const ALPHABET =
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/** Decodes groups of five characters to four bytes. Throws RangeError for invalid text. */
export function decodeZ85(text: string): Buffer {
  if (text.length % 5 !== 0) {
    throw new RangeError(`${text.length} characters are not Z85`);
  }
  const bytes = Buffer.alloc((text.length / 5) * 4);
  for (let group = 0; group < text.length / 5; group += 1) {
    let number = 0;
    for (const character of text.slice(group * 5, group * 5 + 5)) {
      const digit = ALPHABET.indexOf(character);
      if (digit < 0) {
        throw new RangeError(`${character} is not Z85`);
      }
      number = number * 85 + digit;
    }
    bytes.writeUInt32BE(number, group * 4);
  }
  return bytes;
}
