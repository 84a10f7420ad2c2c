/** Text that is made as fast as the client takes it. */

/** Ends early, and so breaks off the connection, when the text cannot be made. */
export function streamText(text: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await text.next();
          if (next.done === true) controller.close();
          else controller.enqueue(encoder.encode(next.value));
        } catch (error) {
          controller.error(error);
        }
      },
      async cancel() {
        await text.return(undefined);
      },
    },
    // Nothing is made ahead of whoever reads.
    { highWaterMark: 0 },
  );
}
