from dataclasses import replace

import pandas as pd

from cellocate.assessment.contamination import contamination_warnings, training_subsets
from cellocate.collection import open_collection
from cellocate.networks import load


def test_fields_that_the_first_weights_learnt_from_are_known_under_the_ids_of_a_merge(phantoms, run):
    collection, model = open_collection(phantoms).labelled(), load(run / "model")
    old = pd.Index(collection.ids)
    start = model.card.fields["test"][:3]
    model.card = model.card.model_copy(update={"fields": {**model.card.fields, "start": start}})
    fields = collection.fields.set_axis(pd.Index([f"merged-{i}" for i in old], dtype=object)).assign(original_id=old)
    merged = replace(collection, fields=fields)
    warning = contamination_warnings(model, merged)[-1]
    assert "the model started from weights trained on 3 of 40 fields" in warning
    assert training_subsets(model, merged)["unseen"].sum() == len(model.card.fields["test"]) - 3
