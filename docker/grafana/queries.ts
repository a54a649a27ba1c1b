// The PromQL that panels have in common. $instance is the variable of the dashboards: one bidder, or all.

export const OF = '{instance=~"$instance"}';
export const among = (matchers: string): string => `{instance=~"$instance",${matchers}}`;
export const rate = (metric: string, selector = OF): string => `rate(${metric}${selector}[$__rate_interval])`;
export const sum = (metric: string, selector = OF): string => `sum(${rate(metric, selector)})`;
export const sumBy = (label: string, metric: string, selector = OF): string =>
  `sum by (${label}) (${rate(metric, selector)})`;
export const quantile = (q: number, histogram: string): string =>
  `histogram_quantile(${q}, ${sumBy('le', `${histogram}_bucket`)})`;
