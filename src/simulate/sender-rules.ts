/** What events say of their sender, and the bits that a record keeps it in. */
export const IDENTITIES = ['users', 'anonymous'] as const;

export interface SenderRules {
  /** `users`: every event has a user_id. `anonymous`: every event has an anonymous_id, some a user_id. */
  identity: (typeof IDENTITIES)[number];
  sendsSessions: boolean;
  sendsUserAgents: boolean;
}

export const DEFAULT_SENDER: SenderRules = {
  identity: 'users',
  sendsSessions: true,
  sendsUserAgents: false,
};

export function isDefaultSender({
  identity,
  sendsSessions,
  sendsUserAgents,
}: SenderRules): boolean {
  return identity === 'users' && sendsSessions && !sendsUserAgents;
}

/** Bits of a record's `FIELD.sender`; 0 is an event with its user and its session. */
export const SENDER = {
  hasNoUser: 1,
  hasDevice: 2,
  /** The device is that of the visitor's neighbor. */
  isBorrowed: 4,
  hasNoSession: 8,
  hasUserAgent: 16,
  isRobot: 32,
} as const;
/** The number of the device is in the bits from here on. */
export const DEVICE_SHIFT = 6;

/** Visitors of neighboring numbers live together. */
export function deviceOwner(visitor: number, sender: number): number {
  return (sender & SENDER.isBorrowed) === 0 ? visitor : visitor ^ 1;
}

/** Which of the owner's devices it is: the number of its kind. */
export const deviceNumber = (sender: number): number => sender >> DEVICE_SHIFT;
