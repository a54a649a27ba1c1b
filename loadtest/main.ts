// `npm run simulate`: the exchange simulator; with `--money` the histories of the ledger. Each reads its own options.

if (process.argv.includes('--money')) await import('./money/main.js');
else await import('./exchange/main.js');
