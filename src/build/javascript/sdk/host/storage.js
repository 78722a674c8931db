import * as storage_ from 'alga:extension/storage';
import { later } from 'alga-ext:sdk/host/bindings';

/** Revisions are numbers in the SDK; the engine gives and takes numbers up to 2^53 itself. */
const revisionOf = (revision) => (revision === undefined || revision === null ? null : Number(revision));

const isMissing = (error) => (error?.payload ?? error?.message ?? error) === 'missing';

export const storage = {
  get: later((namespace, key) => {
    try { return storage_.get(namespace, key).value; } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }),
  put: later((entry) => {
    storage_.put({
      namespace: entry.namespace,
      key: entry.key,
      value: entry.value,
      revision: revisionOf(entry.revision),
    });
  }),
  delete: later((namespace, key) => { storage_.delete(namespace, key); }),
  list: later((namespace, cursor) => storage_.listEntries(namespace, cursor ?? null).map(({ key, value, revision }) =>
    ({ key, value, revision: revisionOf(revision) }))),
};
