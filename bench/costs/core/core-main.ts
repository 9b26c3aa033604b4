import { measureCore, type CoreOrder } from './core-measure.ts';

/** One measurement of the core in a process of its own, whose heap is as it was started. Argument: a CoreOrder in JSON. */
process.send!(measureCore(JSON.parse(process.argv[2]!) as CoreOrder));
process.disconnect();
