"""The live system: rows come in over HTTP, are kept, counted once, judged on time, and told of.

One process, three threads beside the one that speaks HTTP, each of which only reads what the one before it
has made durable:

    ingest.py   wire.py makes typed columns of a request; the committer keeps many of them in one
                transaction, and only then are they acknowledged
    worker.py   counting.py finds the buckets that new batches touched and counts them anew from the kept
                rows, then judging.py adds up the closed ones, checks them against the baseline as
                `leadline.check` does; alerts.py makes problems of the report, lifecycle.py says what
                becomes of the living alerts, and telling.py keeps that with the messages that tell of it
    deliver/    sends messages on mail, webhooks and other channels until they are taken

Whatever ends the process at any moment, the next one goes on from what is durable: a bucket whose profile
does not know the last batch is counted again, a judgement whose buckets have changed is made again, a
message that was not taken is sent again.
"""
