/** Says why no record became an event with a proposed mapping. */
import { ClicklakeError } from '../errors.ts';
import type { Proposal } from './propose.ts';

const MAX_TYPES = 5;

/** By quarantine reason: what it means for a mapping. */
const MEANINGS: Readonly<Record<string, string>> = {
  'missing:event_id': 'no event id found',
  'missing:user_id': 'no user, device or session found',
  'missing:event_type': 'no event type found',
  'missing:event_timestamp': 'no time found',
  'missing:product_id': 'no product found in views of products',
  unknown_event_type: 'none of the event types is known',
  bad_timestamp: 'the times cannot be read',
};

/** The error to end with; undefined: some record is a valid event. */
export function refusalOf({ judged, unlike }: Proposal): ClicklakeError | undefined {
  if (judged.valid > 0) {
    return undefined;
  }
  const [reason, found] = Object.entries(judged.quarantined).toSorted(
    ([, a], [, b]) => b.records - a.records,
  )[0] ?? [undefined, undefined];
  if (reason === undefined) {
    return new ClicklakeError('input_refused', 'the files have no record', {
      hint: 'give files with some events of the source',
    });
  }
  const [other] = unlike.filter(({ field }) => reason === `missing:${field}`);
  const parts = [
    ...(MEANINGS[reason] === undefined ? [] : [MEANINGS[reason]]),
    ...(other === undefined
      ? []
      : [
          `${other.path} has that name, but values such as ${JSON.stringify(other.value.slice(0, 60))}`,
        ]),
    `${found.records} would be quarantined as ${reason}, for example ${found.example.slice(0, 120)}`,
  ];
  const types = judged.eventTypes.slice(0, MAX_TYPES).map(({ sent }) => sent);
  return new ClicklakeError(
    'input_refused',
    `no valid event among ${judged.records} record${judged.records === 1 ? '' : 's'}: ${parts.join('; ')}`,
    {
      hint:
        reason === 'unknown_event_type'
          ? `their types are ${types.join(', ')}: write a mapping with event_types, or with unknown_event_types: keep (docs/mapping.md)`
          : 'write the mapping by hand, perhaps with a path that is not used so far (docs/mapping.md); docs/accepted-input.md says what an event needs',
    },
  );
}
