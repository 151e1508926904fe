/** How jobs of the latency bench report: 60 jobs, each every 300 ms, are 200 reports a second. */
export const pace = { jobs: 60, everyMs: 300, reports: 50 } as const
