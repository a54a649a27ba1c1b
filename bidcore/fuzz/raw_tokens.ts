// Ids and prices of a response as they are spelt: JSON.parse forgets it, and a tree of the whole would take longer than
// answering the request did.

export interface RawIds {
  readonly impid?: string;
  readonly dealid?: string;
  readonly price?: string;
}

/**
 * A member whose spelling counts. Behind a brace or a comma an unescaped quote begins a key: inside a string it would
 * be escaped, and one that ends a string is followed by no letter.
 */
const MEMBER = /[{,]"(id|impid|dealid|price)":("(?:[^"\\]|\\.)*"|[^,}\]"]+)/g;

/** The raw ids of a response that is known to be JSON without whitespace: its own, and those of its bids in order. */
export function rawTokens(text: string): { readonly id: string | undefined; readonly bids: readonly RawIds[] } {
  let id: string | undefined;
  const bids: { impid?: string; dealid?: string; price?: string }[] = [];
  for (const [, key, token = ''] of text.matchAll(MEMBER)) {
    if (key !== 'id') Object.assign(bids.at(-1) ?? {}, { [key as string]: token });
    else if (id === undefined) id = token;
    else bids.push({});
  }
  return { id, bids };
}
