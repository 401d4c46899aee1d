import {
  type ActionSet,
  type AddFile,
  type DomainMetadata,
  fileKey,
  type Protocol,
  type RemoveFile,
  type TableMetadata,
  type Transaction,
} from './actions.ts';

/** The state of a table after the actions applied so far (PROTOCOL.md, "Action Reconciliation"). */
export interface TableState {
  protocol: Protocol | undefined;
  metadata: TableMetadata | undefined;
  files: Map<string, AddFile>;
  tombstones: Map<string, RemoveFile>;
  transactions: Map<string, Transaction>;
  domains: Map<string, DomainMetadata>;
}

export function emptyTableState(): TableState {
  return {
    protocol: undefined,
    metadata: undefined,
    files: new Map(),
    tombstones: new Map(),
    transactions: new Map(),
    domains: new Map(),
  };
}

/** Applies the actions of the next version. Their order within the version does not matter. */
export function applyActions(state: TableState, actions: ActionSet): void {
  for (const remove of actions.removes) {
    const key = fileKey(remove);
    state.files.delete(key);
    state.tombstones.set(key, remove);
  }
  for (const add of actions.adds) {
    const key = fileKey(add);
    state.tombstones.delete(key);
    state.files.set(key, add);
  }
  for (const transaction of actions.transactions) {
    state.transactions.set(transaction.appId, transaction);
  }
  for (const domain of actions.domains) {
    if (domain.removed) {
      state.domains.delete(domain.domain);
    } else {
      state.domains.set(domain.domain, domain);
    }
  }
  state.protocol = actions.protocol ?? state.protocol;
  state.metadata = actions.metadata ?? state.metadata;
}
