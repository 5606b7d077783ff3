"""A live fleet of three models with faults that a visitor can set off.

    fleet/      what happens in the world of each model, what the model is told of it, and what came true
    served.py   the models themselves: scikit-learn, trained when the demo starts
    faults.py   what can go wrong, where it does, and what Leadline must say of it
    traffic.py  plays a world through a model: requests, predictions, and labels when they are known
    clock.py    one accelerated time for the server and for the process that serves the models
    serving.py  that process: it logs through `leadline-client`, as any service does
    api.py      the faults over HTTP, in a demo's server only
    run.py      all together; story.py: what is told of it on the way

A fault is applied where it would happen, to people, to the pipeline that feeds the model, to the release or
to the labels, and never to what is logged: what follows from it follows by itself.
"""
