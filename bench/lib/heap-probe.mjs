/** Loaded into a daemon before it starts: tells its parent what V8 says of the heap, when it is asked. */
process.on('message', () => process.send(process.memoryUsage()));
// A parent that listens is no reason to stay.
process.channel?.unref();
