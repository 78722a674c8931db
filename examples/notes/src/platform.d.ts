// The part of the platform's interface that is used here, as it is: `alga-ext wit` prints all of it.

declare module 'alga:extension/storage' {
  interface StorageEntry {
    namespace: string;
    key: string;
    value: Uint8Array;
    revision?: number | undefined;
  }
  export function get(namespace: string, key: string): StorageEntry;
  export function put(entry: StorageEntry): StorageEntry;
  function remove(namespace: string, key: string): void;
  export { remove as delete };
  export function listEntries(namespace: string, cursor: string | undefined): StorageEntry[];
}
