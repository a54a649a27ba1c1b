// `npm run simulate`: the exchange simulator; with `--money` the histories of the ledger, with `--policy` days in
// virtual time with a policy and without. Each reads its own options.

if (process.argv.includes('--money')) await import('./money/main.js');
else if (process.argv.includes('--policy')) await import('./policy/main.js');
else await import('./exchange/main.js');
