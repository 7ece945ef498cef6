# SPDX-License-Identifier: BSD-2-Clause
"""What a large model is worth beside the tiny one, on captures that neither has learned from."""
import json

import numpy
import pandas
from sklearn import metrics

import cases

SURE = 0.8  # below it the large model is asked once more, as by tlmld
BUDGETS = (1, 2, 5, 10, 20)  # percent of flows that may be asked about
TIES = 1  # seed of the order of flows with the same margin


def served(rows, classes, predict):
    """A row a flow: both models' answers, the large one's as tlmld would take it."""
    ask = rows["asked"] == 1
    probabilities = predict(rows[ask])
    rows = rows.assign(answer=rows["class"], probability=0.0)
    rows.loc[ask, "answer"] = numpy.array(classes)[probabilities.argmax(1)]
    rows.loc[ask, "probability"] = probabilities.max(1)
    rows = rows.set_index(["capture", "flow"])
    flows = rows[rows["packets"] <= cases.LINE].copy()
    again = rows[rows["packets"] > cases.LINE].reindex(flows.index)
    take = (flows["asked"] == 1) & (flows["probability"] < SURE) & again["probability"].notna()
    flows["at_once"] = flows["answer"]
    for column in ("answer", "probability"):
        flows[column] = flows[column].mask(take, again[column])
    return flows


def figures(flows, verdicts):
    """Accuracy and the mean F1 of the classes that have flows."""
    labels = sorted(flows["label"].unique())
    f1 = metrics.f1_score(flows["label"], verdicts, labels=labels, average="macro", zero_division=0)
    return {"accuracy": round(float((flows["label"] == verdicts).mean()), 4), "macro_f1": round(float(f1), 4)}


def closed(tiny, large, both):
    """Which share of the gap between two models their combination closes; None where there is none."""
    return {key: round((both[key] - tiny[key]) / (large[key] - tiny[key]), 2) if large[key] > tiny[key] else None
            for key in tiny}


def combine(flows, asked, tiny="class"):
    """Verdicts where the flows of a mask are asked about: the answer where it is the surer one."""
    take = asked & (flows["asked"] == 1) & (flows["probability"] > flows["sure"])
    return flows[tiny].mask(take, flows["answer"])


def budgets(flows, least_sure, of, tiny, large):
    """Results for budgets in percent of so many flows, the least sure ones first."""
    out = []
    for percent in BUDGETS:
        asked = pandas.Series(False, index=flows.index)
        asked.iloc[least_sure[:of * percent // 100]] = True
        both = figures(flows, combine(flows, asked))
        out.append({"percent": percent, "asked": int(asked.sum()), **both, "closed": closed(tiny, large, both)})
    return out


def part(flows):
    """Everything about some flows; those that end before packet 8 keep the tiny model's verdict."""
    ask = flows["asked"] == 1
    order = numpy.lexsort((numpy.random.RandomState(TIES).rand(len(flows)), flows["margin"], ~ask))[:int(ask.sum())]
    tiny = figures(flows, flows["class"])
    large = figures(flows, flows["class"].mask(ask, flows["answer"]))
    hard = ask & (flows["hard"] == 1)
    both = figures(flows, combine(flows, hard))
    return {
        "flows": len(flows), "asked": int(ask.sum()), "tiny": tiny,
        "tiny_last": figures(flows, flows["last_class"]),
        "large_at_once": figures(flows, flows["class"].mask(ask, flows["at_once"])), "large": large,
        "thresholds": {"asked": int(hard.sum()), **both, "closed": closed(tiny, large, both)},
        "kept_to_the_end": figures(flows, combine(flows, hard, "last_class")),
        "of_asked": budgets(flows, order, int(ask.sum()), tiny, large),
        "of_all": budgets(flows, order, len(flows), tiny, large),
    }


def per_class(flows, percent=5):
    """F1 of each class on flows that reach the asking point: tiny, large, both at a budget."""
    order = numpy.lexsort((numpy.random.RandomState(TIES).rand(len(flows)), flows["margin"]))
    asked = pandas.Series(False, index=flows.index)
    asked.iloc[order[:len(flows) * percent // 100]] = True
    labels = sorted(flows["label"].unique())
    columns = {"tiny": flows["class"], "large": flows["answer"], "both": combine(flows, asked)}
    f1 = {key: metrics.f1_score(flows["label"], verdicts, labels=labels, average=None, zero_division=0)
          for key, verdicts in columns.items()}
    return [{"class": name, "flows": int((flows["label"] == name).sum()),
             **{key: round(float(values[i]), 4) for key, values in f1.items()}} for i, name in enumerate(labels)]


def confusion(flows):
    """Of the large model: rows are labels, columns its answers."""
    names = sorted(set(flows["label"]) | set(flows["answer"]))
    return {"classes": names,
            "large": metrics.confusion_matrix(flows["label"], flows["answer"], labels=names).tolist()}


def judge(rows, classes, predict):
    """All of it, for each folder of held-out captures; predict: rows to probabilities of classes."""
    out = {}
    flows = served(rows[rows["split"] == "test"], classes, predict)
    for group, of_group in flows.groupby("group"):
        asked = of_group[of_group["asked"] == 1]
        out[group] = {"all_flows": part(of_group), "asked_flows": part(asked), "per_class": per_class(asked),
                      "confusion": confusion(asked)}
    return out


def line(*cells):
    """A row of a table."""
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def pair(result):
    """Accuracy and macro-F1 as two cells."""
    return f"{result['accuracy']:.4f}", f"{result['macro_f1']:.4f}"


def gaps(result):
    """Closed gaps as two cells."""
    return ["-" if value is None else f"{100 * value:.0f} %" for value in result["closed"].values()]


def budget_table(title, result, key):
    """One table of budgets."""
    yield from ("", line(title, "asked", "accuracy", "macro-F1", "gap closed, accuracy", "gap closed, macro-F1"),
                line(*["---"] * 6), line("0 %, tiny alone", 0, *pair(result["tiny"]), "", ""))
    for row in result[key]:
        yield line(f"{row['percent']} %", row["asked"], *pair(row), *gaps(row))
    yield line("by the model's thresholds", result["thresholds"]["asked"], *pair(result["thresholds"]),
               *gaps(result["thresholds"]))
    yield line("100 %, large alone", result["asked"] if key == "of_asked" else "", *pair(result["large"]), "", "")


def markdown(report):
    """The report for people."""
    yield f"Command: `{report['command']}`, seed {report['seed']}."
    for group, result in report["held_out"].items():
        every, asked = result["all_flows"], result["asked_flows"]
        yield from ("", f"### Held-out captures of `{group}`: {every['flows']} flows, {asked['flows']} asked about", "",
                    line("", "accuracy", "macro-F1", "of all flows: accuracy", "macro-F1"), line(*["---"] * 5))
        for key, title in (("tiny", "tiny, at the asking point"), ("tiny_last", "tiny, after its last decision"),
                           ("large_at_once", "large, at the asking point"),
                           ("large", "large, asked again where unsure"),
                           ("kept_to_the_end", "both, answers kept to the end of the flow")):
            yield line(title, *pair(asked[key]), *pair(every[key]))
        yield from budget_table("budget, of flows that reach the asking point", asked, "of_asked")
        yield from budget_table("budget, of all flows", every, "of_all")
        yield from ("", line("class", "flows", "F1 tiny", "F1 large", "F1 both at 5 %"), line(*["---"] * 5))
        for row in result["per_class"]:
            yield line(row["class"], row["flows"], *(f"{row[key]:.4f}" for key in ("tiny", "large", "both")))


def write(report, stem):
    """STEM.json, all of it, and STEM.md, the tables."""
    with open(f"{stem}.json", "w", encoding="ascii") as file:
        json.dump(report, file, indent=1)
        file.write("\n")
    with open(f"{stem}.md", "w", encoding="ascii") as file:
        file.write("\n".join(markdown(report)) + "\n")
