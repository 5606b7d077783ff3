"""What runs in the serving process: logs a model's predictions, labels and feedback to a Leadline server.

    from leadline_client import Leadline

    monitor = Leadline("https://leadline.internal", token="...").model("credit", version="7")
    with monitor.prediction(id=request_id, features=row) as p:
        p.score = model.predict_proba(row)[0, 1]
    monitor.label(id=request_id, label=1)

It imports nothing but the standard library, starts no thread before the first row, never raises into the
caller and never makes it wait.
"""

from leadline_client.client import Leadline
from leadline_client.model import Model
from leadline_client.prediction import Prediction, current_prediction

__version__ = "0.1.0"

__all__ = ["Leadline", "Model", "Prediction", "__version__", "current_prediction"]
