// `npm run fuzz`: of the bidders, or with --api of the admin API.

if (process.argv.includes('--api')) await import('./api_fuzz/main.js');
else await import('../bidcore/fuzz/main.js');
