// Values worked out once a key and kept as long as the map keeps them: what of a book, an ad group or a model is asked
// for again with every request.

interface MapLike<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
}

/** The value of a key, made when it is first asked for. */
export function remember<K, V extends NonNullable<unknown>>(kept: MapLike<K, V>, key: K, make: () => V): V {
  const known = kept.get(key);
  if (known !== undefined) return known;
  const value = make();
  kept.set(key, value);
  return value;
}
