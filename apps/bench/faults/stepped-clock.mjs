// loaded into the processes of a run: at a signal their clock goes back by an hour, as after a bad step; the host's is left alone
const now = Date.now;
const OldDate = Date;
const stepMs = 3_600_000;

process.on('SIGPWR', () => {
  globalThis.Date = class extends OldDate {
    constructor(...parts) {
      if (parts.length === 0) super(now() - stepMs);
      else super(...parts);
    }
    static now() {
      return now() - stepMs;
    }
  };
});
