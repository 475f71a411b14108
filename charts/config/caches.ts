// Caches of query-frontend and store gateway, in the memory of each pod or in memcached, which they share. The `config` of
// those in memory ignores unknown keys without a word (reference: thanos docs/components/{query-frontend,store}.md), so they
// are written from these types only.

/** Where a cache is kept: in so many bytes of the pod's own memory, or by memcached servers. */
export type Keeper =
  | { readonly bytes: number }
  | {
      /** Thanos addresses. */
      readonly servers: readonly string[];
      /** The largest item that the servers take, in bytes. Default: memcached's own, 1 MiB. */
      readonly maxItem?: number;
    };

interface Cache {
  readonly type: 'IN-MEMORY' | 'MEMCACHED';
  readonly config: object;
}

/** Thanos writes MiB as MB. */
export const mebibytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)}MB`;

/** An item is fetched at once or not at all: a server that is away costs half a second, never an answer. */
const memcached = ({ servers, maxItem }: Extract<Keeper, { servers: readonly string[] }>, more: object = {}): Cache => ({
  type: 'MEMCACHED',
  config: {
    addresses: servers,
    timeout: '500ms',
    max_async_concurrency: 50, // of one item each; more wait in the buffer, and what finds it full is not kept
    max_async_buffer_size: 50_000,
    max_get_multi_batch_size: 1000, // items that are asked for at once; by default all of a query's
    ...(maxItem ? { max_item_size: mebibytes(maxItem) } : {}),
    ...more,
  },
});

/** How long an answer is kept: its youngest part may lack samples that came late. */
const answersLast = '6h';

/** Query-frontend: without max_size no cache would be made in memory at all, with no more than a warning. */
export const responseCache = (keeper: Keeper): Cache =>
  'bytes' in keeper
    ? { type: 'IN-MEMORY', config: { max_size: mebibytes(keeper.bytes), validity: answersLast } }
    : memcached(keeper, { expiration: answersLast });

/** Store gateway's index cache: an item may not be larger than the cache, and the default item (125 MB) would be. */
export const indexCache = (keeper: Keeper): Cache =>
  'bytes' in keeper
    ? { type: 'IN-MEMORY', config: { max_size: mebibytes(keeper.bytes), max_item_size: mebibytes(keeper.bytes / 4) } }
    : memcached(keeper);

/** Store gateway's cache of chunks and block metadata. Its lifetimes stay well below the compactor's delete delay. */
export const cachingBucket = (keeper: Keeper) => ({
  ...indexCache(keeper),
  blocks_iter_ttl: '1m', // less than between two listings: whether the bucket answers is told by them (rules/store.ts)
  metafile_exists_ttl: '2h',
  metafile_doesnt_exist_ttl: '15m',
  metafile_content_ttl: '24h',
});
