// In-memory caches of query-frontend and store gateway. Their `config` ignores unknown keys without a word
// (reference: thanos docs/components/{query-frontend,store}.md), so they are written from these types only.

interface InMemory<C> {
  readonly type: 'IN-MEMORY';
  readonly config: C;
}

/** Query-frontend: without max_size no cache would be made at all, with no more than a warning. */
export const responseCache = (maxSize: string): InMemory<{ max_size: string; validity: string }> => ({
  type: 'IN-MEMORY',
  config: { max_size: maxSize, validity: '6h' },
});

/** Store gateway's index cache: an item may not be larger than the cache, and the default item (125 MB) would be. */
export const indexCache = (maxSize: string, maxItemSize: string): InMemory<{ max_size: string; max_item_size: string }> => ({
  type: 'IN-MEMORY',
  config: { max_size: maxSize, max_item_size: maxItemSize },
});

/** Store gateway's cache of chunks and block metadata. Its lifetimes stay well below the compactor's delete delay. */
export const cachingBucket = (maxSize: string, maxItemSize: string) => ({
  ...indexCache(maxSize, maxItemSize),
  blocks_iter_ttl: '5m',
  metafile_exists_ttl: '2h',
  metafile_doesnt_exist_ttl: '15m',
  metafile_content_ttl: '24h',
});
