// What is not bidding on the bid port: /health (the worker is alive), /ready (it bids), /metrics, and everything else.

import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js';
import type { Activity } from './activity.js';
import * as http from './http.js';

/** Fetches the metrics from the control thread. */
export type ScrapeMetrics = () => Promise<{ contentType: string; text: string }>;

export class StatusRoutes {
  readonly #activity: Activity;
  readonly #scrape: ScrapeMetrics;

  constructor(activity: Activity, scrape: ScrapeMetrics) {
    this.#activity = activity;
    this.#scrape = scrape;
  }

  register(app: TemplatedApp): void {
    app.get('/health', (res, req) => this.#answer(res, req, 200, { status: 'alive' }));
    app.get('/ready', (res, req) => this.#ready(res, req));
    app.get('/metrics', (res) => this.#metrics(res));
    app.head('/health', (res, req) => this.#answer(res, req, 200, { status: 'alive' }));
    app.head('/ready', (res, req) => this.#ready(res, req));
    for (const path of ['/health', '/ready']) app.any(path, (res) => http.refuseMethod(res, 'GET, HEAD'));
    app.any('/metrics', (res) => http.refuseMethod(res, 'GET'));
    app.any('/*', (res, req) => {
      this.#answer(res, req, 404, { error: 'not_found', message: `no ${req.getUrl()} here` });
    });
  }

  /** Workers start once a book and a model are live, so a worker that is not on its way out is ready. */
  #ready(res: HttpResponse, req: HttpRequest): void {
    if (this.#activity.closing) this.#answer(res, req, 503, { status: 'draining' });
    else this.#answer(res, req, 200, { status: 'ready' });
  }

  #metrics(res: HttpResponse): void {
    let aborted = false;
    res.onAborted(() => {
      aborted = true;
    });
    this.#activity.waiting += 1;
    void this.#scrape().then(({ contentType, text }) => {
      this.#activity.waiting -= 1;
      if (aborted) return;
      res.cork(() => {
        res.writeStatus('200 OK').writeHeader(http.CONTENT_TYPE, contentType).end(text, this.#activity.closing);
      });
    });
  }

  #answer(res: HttpResponse, req: HttpRequest, status: http.Status, body: object): void {
    http.answerJson(res, req, status, body, this.#activity.closing);
  }
}
