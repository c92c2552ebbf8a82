#!/usr/bin/env python3
"""Makes the cases of models/published-*: published.py SHARED_CASES (a folder with models/18-st-dense …)

Tiny folders with the files and the keys of models as they were published, drawn weights, and what the reference (transformers, torch in double precision;
sentence-transformers' modules by their formulas) answers. Needs transformers, torch, safetensors and sentencepiece.
"""
import json, math, shutil, sys
from pathlib import Path
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoTokenizer, AutoModel, AutoModelForSequenceClassification, AutoModelForTokenClassification
from transformers import AutoModelForQuestionAnswering, AutoModelForSeq2SeqLM, T5EncoderModel, AutoModelForCausalLM

shared, root = Path(sys.argv[1]) / "models", Path(__file__).resolve().parent / "models"
TEXTS = ["The weather is sunny today, so the children swim.", "Old ships rest in the small harbour."]
ST = "sentence_transformers.models."


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")


def folder(name, config, tokenizer, tokenizer_config=None, **files):
    model = root / f"published-{name}" / "model"
    shutil.rmtree(model.parent, ignore_errors=True)
    write(model / "config.json", config)
    for f in (shared / tokenizer[0] / "model").iterdir():
        if f.name in tokenizer[1:]: shutil.copyfile(f, model.parent.joinpath("model", f.name))
    if tokenizer_config is not None: write(model / "tokenizer_config.json", tokenizer_config)
    for path, value in files.items(): write(model / path, value)
    return model


def drawn(kind, model, seed, half=False, keys=lambda k: k):
    torch.manual_seed(seed)
    net = kind.from_config(AutoConfig.from_pretrained(model)) if hasattr(kind, "from_config") else kind(AutoConfig.from_pretrained(model))
    for name, p in net.named_parameters():
        is_norm = "norm" in name.lower() and p.dim() == 1 and name.endswith("weight")
        p.data = (1 + 0.1 * torch.randn(p.shape)) if is_norm else 0.4 * torch.randn(p.shape)
        if half: p.data = p.data.half().float()
    net.tie_weights()
    state, seen = {}, set()
    for name, value in net.state_dict().items():
        if "position_ids" in name or value.data_ptr() in seen: continue
        seen.add(value.data_ptr())
        state[keys(name)] = value.contiguous().clone()
    if half: torch.save({k: v.half() for k, v in state.items()}, model / "pytorch_model.bin")
    else: save_file(state, model / "model.safetensors", {"format": "pt"})
    return net.double().eval()


def modules(model, *names):
    write(model / "modules.json", [{"idx": i, "name": str(i), "path": "" if n == "Transformer" else f"{i}_{n}", "type": ST + n} for i, n in enumerate(names)])


def pooling(model, width, mode, **more):
    keys = {f"pooling_mode_{m}": m == mode for m in ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens")}
    write(model / "1_Pooling/config.json", {"word_embedding_dimension": width, **keys, **more})


def states(net, tokenizer, text, limit=64):
    batch = tokenizer([text], return_tensors="pt", truncation=True, max_length=limit)
    with torch.no_grad():
        return (net.encoder if hasattr(net, "shared") else net)(**{k: v for k, v in batch.items() if k != "token_type_ids" or not hasattr(net, "shared")}).last_hidden_state[0]


def dense(model, place, inputs, outputs, seed, activation="torch.nn.modules.activation.Tanh", bias=True, half=False, binary=False):
    torch.manual_seed(seed)
    state = {"linear.weight": 0.5 * torch.randn(outputs, inputs)} | ({"linear.bias": 0.3 * torch.randn(outputs)} if bias else {})
    if half: state = {k: v.half() for k, v in state.items()}
    write(model / place / "config.json", {"in_features": inputs, "out_features": outputs, "bias": bias, "activation_function": activation})
    if binary: torch.save(state, model / place / "pytorch_model.bin")
    else: save_file(state, model / place / "model.safetensors")
    w = state["linear.weight"].double()
    b = state["linear.bias"].double() if bias else 0
    act = {"Tanh": torch.tanh, "Identity": lambda x: x, "GELU": torch.nn.functional.gelu}[activation.split(".")[-1]]
    return lambda v: act(w @ v + b)


def case(model, about, *steps): write(model.parent / "case.json", {"about": about, "steps": list(steps)})
def numbers(v): return [round(x, 6) for x in v.detach().tolist()]
unit = lambda v: v / v.norm()


def embedded(vector, text, *flags):
    return {"graft": ["embed", "--model", "model", "--text", text, "--json", *flags],
            "expect": {"json": {"dimensions": len(vector), "embeddings/0/embedding": numbers(vector)}, "tolerance": 1e-4, "stderr_lacks": ["does not know"]}}


def predicted(text, answer, *flags, stderr_lacks=("does not know",)):
    return {"graft": ["predict", "--model", "model", "--text", text, "--json", *flags],
            "expect": {"json": answer, "tolerance": 1e-4, "stderr_lacks": list(stderr_lacks)}}


BERT = {"attention_probs_dropout_prob": 0.1, "classifier_dropout": None, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 16, "initializer_range": 0.02,
        "intermediate_size": 24, "layer_norm_eps": 1e-12, "max_position_embeddings": 66, "model_type": "bert", "num_attention_heads": 2, "num_hidden_layers": 1,
        "pad_token_id": 0, "position_embedding_type": "absolute", "transformers_version": "4.28.1", "type_vocab_size": 2, "use_cache": True, "vocab_size": 210}
WORDS = ("18-st-dense", "tokenizer.json", "vocab.txt")
UNCASED = {"clean_up_tokenization_spaces": True, "cls_token": "[CLS]", "do_basic_tokenize": True, "do_lower_case": True, "mask_token": "[MASK]", "model_max_length": 64, "never_split": None,
           "pad_token": "[PAD]", "sep_token": "[SEP]", "strip_accents": None, "tokenize_chinese_chars": True, "tokenizer_class": "BertTokenizer", "unk_token": "[UNK]"}
VERSIONS = {"__version__": {"sentence_transformers": "2.2.2", "transformers": "4.28.1", "pytorch": "1.13.0"}}
ONE = {"id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}}

# BAAI/bge-*-en-v1.5
m = folder("bge", {**BERT, "_name_or_path": "/root/.cache/bge", "architectures": ["BertModel"], **ONE, "torch_dtype": "float32"}, WORDS, UNCASED,
           **{"sentence_bert_config.json": {"max_seq_length": 64, "do_lower_case": True}, "config_sentence_transformers.json": VERSIONS})
modules(m, "Transformer", "Pooling", "Normalize"); pooling(m, 16, "cls_token")
net, t = drawn(AutoModel, m, 1), AutoTokenizer.from_pretrained(m)
case(m, "BGE: the first token's state, to length 1", embedded(unit(states(net, t, TEXTS[0])[0]), TEXTS[0]))

# intfloat/e5-*-v2: the prefixes "query: " and "passage: " are the user's, the folder has none
m = folder("e5", {**BERT, "_name_or_path": "tmp/", "architectures": ["BertModel"], "torch_dtype": "float32"}, WORDS, UNCASED,
           **{"sentence_bert_config.json": {"max_seq_length": 64, "do_lower_case": False}})
modules(m, "Transformer", "Pooling", "Normalize"); pooling(m, 16, "mean_tokens")
net, t = drawn(AutoModel, m, 2), AutoTokenizer.from_pretrained(m)
case(m, "E5: the mean, to length 1; no prompt of the folder's own", embedded(unit(states(net, t, TEXTS[0]).mean(0)), TEXTS[0]),
     embedded(unit(states(net, t, "query: " + TEXTS[0]).mean(0)), TEXTS[0], "--prompt", "query: "))

# sentence-transformers/distiluse-base-multilingual-cased-v2
m = folder("distiluse", {"_name_or_path": "old_models/distiluse/0_Transformer", "activation": "gelu", "architectures": ["DistilBertModel"], "attention_dropout": 0.1, "dim": 16, "dropout": 0.1,
                         "hidden_dim": 24, "initializer_range": 0.02, "max_position_embeddings": 64, "model_type": "distilbert", "n_heads": 2, "n_layers": 1, "output_hidden_states": True,
                         "output_past": True, "pad_token_id": 0, "qa_dropout": 0.1, "seq_classif_dropout": 0.2, "sinusoidal_pos_embds": False, "tie_weights_": True,
                         "transformers_version": "4.7.0", "vocab_size": 210}, WORDS,
           {"do_lower_case": True, "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]", "tokenize_chinese_chars": True,
            "strip_accents": None, "model_max_length": 64, "full_tokenizer_file": None, "name_or_path": "old_models/distiluse/0_Transformer"},
           **{"sentence_bert_config.json": {"max_seq_length": 64, "do_lower_case": False}, "config_sentence_transformers.json": VERSIONS})
modules(m, "Transformer", "Pooling", "Dense"); pooling(m, 16, "mean_tokens")
net, t = drawn(AutoModel, m, 3), AutoTokenizer.from_pretrained(m)
d = dense(m, "2_Dense", 16, 10, 4, binary=True)
case(m, "distiluse: DistilBERT, the mean, a Dense module with tanh in pytorch_model.bin", embedded(d(states(net, t, TEXTS[0]).mean(0)), TEXTS[0]))

# sentence-transformers/LaBSE
m = folder("labse", {**BERT, "_name_or_path": "/root/.cache/LaBSE/0_Transformer", "architectures": ["BertModel"], "directionality": "bidi", "gradient_checkpointing": False,
                     "pooler_fc_size": 768, "pooler_num_attention_heads": 12, "pooler_num_fc_layers": 3, "pooler_size_per_head": 128, "pooler_type": "first_token_transform"}, WORDS, UNCASED,
           **{"sentence_bert_config.json": {"max_seq_length": 64, "do_lower_case": False}, "config_sentence_transformers.json": VERSIONS})
modules(m, "Transformer", "Pooling", "Dense", "Normalize"); pooling(m, 16, "cls_token")
net, t = drawn(AutoModel, m, 5), AutoTokenizer.from_pretrained(m)
d = dense(m, "2_Dense", 16, 16, 6, binary=True)
case(m, "LaBSE: the first token's state, Dense with tanh, to length 1", embedded(unit(d(states(net, t, TEXTS[0])[0])), TEXTS[0]))

# sentence-transformers/gtr-t5-base and sentence-t5-base: half precision, a Dense module without bias and activation
T5 = {"d_ff": 24, "d_kv": 8, "d_model": 16, "decoder_start_token_id": 0, "dropout_rate": 0.1, "eos_token_id": 1, "feed_forward_proj": "relu", "initializer_factor": 1.0,
      "is_encoder_decoder": True, "layer_norm_epsilon": 1e-06, "model_type": "t5", "n_positions": 512, "num_heads": 2, "num_layers": 2, "output_past": True, "pad_token_id": 0,
      "relative_attention_num_buckets": 32, "use_cache": True, "vocab_size": 249,
      "task_specific_params": {"summarization": {"early_stopping": True, "length_penalty": 2.0, "max_length": 200, "num_beams": 4, "prefix": "summarize: "}}}
PIECES = ("04-t5-spm-only", "spiece.model")
T5TOKENS = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>", "extra_ids": 100, "additional_special_tokens": [f"<extra_id_{i}>" for i in range(100)], "model_max_length": 64,
            "sp_model_kwargs": {}, "special_tokens_map_file": None, "full_tokenizer_file": None, "tokenizer_class": "T5Tokenizer"}
m = folder("gtr-t5", {**T5, "_name_or_path": "models/gtr-t5-base", "architectures": ["T5EncoderModel"], "torch_dtype": "float16", "transformers_version": "4.11.3"}, PIECES, T5TOKENS,
           **{"sentence_bert_config.json": {"max_seq_length": 64, "do_lower_case": False}, "config_sentence_transformers.json": VERSIONS})
modules(m, "Transformer", "Pooling", "Dense", "Normalize"); pooling(m, 16, "mean_tokens")
net, t = drawn(T5EncoderModel, m, 7, half=True), AutoTokenizer.from_pretrained(m)
d = dense(m, "2_Dense", 16, 16, 8, activation="torch.nn.modules.linear.Identity", bias=False, half=True, binary=True)
case(m, "GTR and sentence-T5: a T5 encoder in half precision, the mean, Dense without bias, to length 1", embedded(unit(d(states(net, t, TEXTS[0]).mean(0))), TEXTS[0]))

# google/flan-t5-small
m = folder("flan-t5", {**T5, "architectures": ["T5ForConditionalGeneration"], "classifier_dropout": 0.0, "dense_act_fn": "gelu_new", "feed_forward_proj": "gated-gelu", "is_gated_act": True,
                       "num_decoder_layers": 2, "relative_attention_max_distance": 128, "tie_word_embeddings": False, "torch_dtype": "float32", "transformers_version": "4.23.1"}, PIECES, T5TOKENS,
           **{"generation_config.json": {"_from_model_config": True, "decoder_start_token_id": 0, "eos_token_id": 1, "pad_token_id": 0, "transformers_version": "4.27.0.dev0"}})
drawn(AutoModelForSeq2SeqLM, m, 9)
state = load_file(m / "model.safetensors")
torch.manual_seed(90)
state["lm_head.weight"] = 0.4 * torch.randn(state["shared.weight"].shape)
save_file(state, m / "model.safetensors", {"format": "pt"})
net, t = AutoModelForSeq2SeqLM.from_pretrained(m).double().eval(), AutoTokenizer.from_pretrained(m)
assert not torch.equal(net.lm_head.weight, net.shared.weight)
ids = t([TEXTS[1]], return_tensors="pt").input_ids
out = net.generate(ids, max_new_tokens=8, do_sample=False)[0][1:].tolist()
def greedy(tokens, *flags, text=TEXTS[1]):
    return {"graft": ["generate", "--model", "model", "--text", text, "--json", *flags], "expect": {"json": {"tokens": tokens}, "stderr_lacks": ["does not know", "not followed"]}}
case(m, "FLAN-T5: gated GELU, an output matrix of its own", greedy(out, "--max-new-tokens", "8"))

# sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2: BERT with XLM-R's tokenizer
m = folder("multilingual-minilm", {**BERT, "_name_or_path": "old_models/paraphrase-multilingual-MiniLM-L12-v2/0_Transformer", "architectures": ["BertModel"], "gradient_checkpointing": False,
                                   "vocab_size": 151}, ("05-bert-with-xlmr-tokenizer", "sentencepiece.bpe.model"),
           {"bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>", "model_max_length": 64,
            "special_tokens_map_file": None, "do_lower_case": True, "tokenizer_class": "XLMRobertaTokenizer"},
           **{"sentence_bert_config.json": {"max_seq_length": 64, "do_lower_case": False}, "config_sentence_transformers.json": VERSIONS})
modules(m, "Transformer", "Pooling"); pooling(m, 16, "mean_tokens")
net, t = drawn(AutoModel, m, 10), AutoTokenizer.from_pretrained(m)
batch = t([TEXTS[1]], return_tensors="pt")
vector = net(batch.input_ids, batch.attention_mask).last_hidden_state[0].mean(0)
case(m, "paraphrase-multilingual-MiniLM: BERT's weights, XLM-R's tokenizer", embedded(vector, TEXTS[1]))

# mixedbread-ai/mxbai-embed-large-v1, Snowflake/snowflake-arctic-embed: prompts by name
PROMPT = "Represent this sentence for searching relevant passages: "
m = folder("mxbai", {**BERT, "_name_or_path": "mxbai", "architectures": ["BertModel"], "torch_dtype": "float16", "use_cache": False}, WORDS, UNCASED,
           **{"sentence_bert_config.json": {"max_seq_length": 64, "do_lower_case": False},
              "config_sentence_transformers.json": {**VERSIONS, "prompts": {"query": PROMPT, "passage": ""}, "default_prompt_name": None, "similarity_fn_name": "cosine"}})
modules(m, "Transformer", "Pooling"); pooling(m, 16, "cls_token", pooling_mode_weightedmean_tokens=False, pooling_mode_lasttoken=False, include_prompt=True)
net, t = drawn(AutoModel, m, 11), AutoTokenizer.from_pretrained(m)
case(m, "mxbai and arctic-embed: a prompt by name, none by default", embedded(states(net, t, TEXTS[0])[0], TEXTS[0]),
     embedded(states(net, t, PROMPT + TEXTS[0])[0], TEXTS[0], "--prompt-name", "query"))

# cross-encoder/ms-marco-MiniLM-L-6-v2, BAAI/bge-reranker-base
PAIR = ("Who sails the old ship?", "Old friends told us stories of the sea and the wind.")
m = folder("ms-marco", {**BERT, "_name_or_path": "microsoft/MiniLM-L12-H384-uncased", "architectures": ["BertForSequenceClassification"], "gradient_checkpointing": False, **ONE,
                        "sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity"}, WORDS, UNCASED)
net, t = drawn(AutoModelForSequenceClassification, m, 12), AutoTokenizer.from_pretrained(m)
with torch.no_grad(): score = net(**t([PAIR], return_tensors="pt")).logits[0, 0].item()
case(m, "a cross-encoder of MS MARCO: one raw score", predicted(PAIR[0], {"value": round(score, 6)}, "--pair", PAIR[1]))
XLMR = {**BERT, "model_type": "xlm-roberta", "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1, "layer_norm_eps": 1e-05, "type_vocab_size": 1, "vocab_size": 151, "output_past": True}
m = folder("bge-reranker", {**XLMR, "_name_or_path": "/opt/tiger/bge-reranker", "architectures": ["XLMRobertaForSequenceClassification"], **ONE, "torch_dtype": "float32"},
           ("05-bert-with-xlmr-tokenizer", "sentencepiece.bpe.model"),
           {"bos_token": "<s>", "clean_up_tokenization_spaces": True, "cls_token": "<s>", "eos_token": "</s>", "mask_token": {"__type": "AddedToken", "content": "<mask>", "lstrip": True,
            "normalized": True, "rstrip": False, "single_word": False}, "model_max_length": 64, "pad_token": "<pad>", "sep_token": "</s>", "sp_model_kwargs": {},
            "tokenizer_class": "XLMRobertaTokenizer", "unk_token": "<unk>"})
net, t = drawn(AutoModelForSequenceClassification, m, 13), AutoTokenizer.from_pretrained(m)
with torch.no_grad(): score = net(**t([PAIR], return_tensors="pt")).logits[0, 0].item()
case(m, "BGE's reranker: XLM-R with one raw score", predicted(PAIR[0], {"value": round(score, 6)}, "--pair", PAIR[1]))


def classifier(name, config, tokenizer, tokenizer_config, seed, about, names, several=False, **files):
    m = folder(name, {**config, "id2label": {str(i): n for i, n in enumerate(names)}, "label2id": {n: i for i, n in enumerate(names)}}, tokenizer, tokenizer_config, **files)
    net, t = drawn(AutoModelForSequenceClassification, m, seed), AutoTokenizer.from_pretrained(m)
    with torch.no_grad(): logits = net(**t([TEXTS[1]], return_tensors="pt")).logits[0]
    p = torch.sigmoid(logits) if several else torch.softmax(logits, -1)
    answer = {f"probabilities/{n}": round(p[i].item(), 6) for i, n in enumerate(names)}
    if not several: answer["label"] = names[int(p.argmax())]
    case(m, about, predicted(TEXTS[1], answer))


CLASSIFIER = {**BERT, "architectures": ["BertForSequenceClassification"]}
classifier("toxic-bert", {**CLASSIFIER, "_name_or_path": "bert-base-uncased", "gradient_checkpointing": False, "problem_type": "multi_label_classification"}, WORDS, UNCASED, 14,
           "unitary/toxic-bert: a probability a label", ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"], several=True)
classifier("five-stars", {**CLASSIFIER, "_num_labels": 5, "directionality": "bidi", "output_past": True, "finetuning_task": "sentiment-analysis", "pooler_fc_size": 768, "pooler_num_attention_heads": 12,
                          "pooler_num_fc_layers": 3, "pooler_size_per_head": 128, "pooler_type": "first_token_transform"}, WORDS, {"do_lower_case": True, "max_len": 64, "init_inputs": []}, 15,
           "nlptown's five stars", ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"],
           **{"special_tokens_map.json": {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]"}})
classifier("finbert", {**CLASSIFIER, "_name_or_path": "/home/ubuntu/finbert", "gradient_checkpointing": False}, WORDS, {"do_lower_case": True, "max_len": 64}, 16,
           "ProsusAI/finbert", ["positive", "negative", "neutral"])
BPE = ("25-ner-byte-level-words", "vocab.json", "merges.txt")
ROBERTA = {**BERT, "model_type": "roberta", "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1, "layer_norm_eps": 1e-05, "type_vocab_size": 1, "vocab_size": 401, "gradient_checkpointing": False}
SPECIAL = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "sep_token": "</s>", "pad_token": "<pad>", "cls_token": "<s>", "mask_token": "<mask>"}
classifier("twitter-roberta", {**ROBERTA, "_name_or_path": "tweeteval_new/roberta-base-rt-sentiment/", "architectures": ["RobertaForSequenceClassification"]}, BPE, None, 17,
           "cardiffnlp's sentiment: no tokenizer_config.json, no tokenizer.json", ["negative", "neutral", "positive"], **{"special_tokens_map.json": SPECIAL})

# deepset/roberta-base-squad2
m = folder("roberta-squad2", {**ROBERTA, "architectures": ["RobertaForQuestionAnswering"], "language": "english", "name": "Roberta"}, BPE,
           {"do_lower_case": False, "model_max_length": 64, "full_tokenizer_file": None}, **{"special_tokens_map.json": SPECIAL})
net, t = drawn(AutoModelForQuestionAnswering, m, 18), AutoTokenizer.from_pretrained(m)
batch = t([PAIR], return_tensors="pt", return_offsets_mapping=True)
offsets = batch.pop("offset_mapping")[0].tolist()
with torch.no_grad(): answer = net(**batch)
inside = [i for i, s in enumerate(batch.sequence_ids(0)) if s == 1]
start, end = max(((s, e) for s in inside for e in inside if s <= e < s + 30), key=lambda span: (answer.start_logits[0, span[0]] + answer.end_logits[0, span[1]]).item())
case(m, "deepset/roberta-base-squad2: keys language and name", predicted(PAIR[0], {"answer": PAIR[1][offsets[start][0]:offsets[end][1]]}, "--pair", PAIR[1]))

# dslim/bert-base-NER
TAGS = ["O", "B-MISC", "I-MISC", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"]
m = folder("bert-ner", {**BERT, "_num_labels": 9, "architectures": ["BertForTokenClassification"], "id2label": {str(i): n for i, n in enumerate(TAGS)}, "label2id": {n: i for i, n in enumerate(TAGS)},
                        "output_past": True}, WORDS, {"do_lower_case": True, "model_max_length": 64}, **{"added_tokens.json": {}, "special_tokens_map.json": {k: UNCASED[k] for k in UNCASED if k.endswith("_token")}})
net, t = drawn(AutoModelForTokenClassification, m, 19), AutoTokenizer.from_pretrained(m)
from transformers import pipeline
found = pipeline("token-classification", model=net, tokenizer=t, aggregation_strategy="simple")(TEXTS[0])
answer = {}
for i, e in enumerate(found): answer |= {f"entities/{i}/type": e["entity_group"], f"entities/{i}/start": e["start"], f"entities/{i}/end": e["end"]}
answer["entities/-1/end"] = found[-1]["end"]
case(m, "dslim/bert-base-NER: empty added_tokens.json, aggregation simple", predicted(TEXTS[0], answer, "--aggregation", "simple"))

# Poolings and modules by sentence-transformers' formulas
for name, mode, pool in [("mean-sqrt-length", "mean_sqrt_len_tokens", lambda h: h.sum(0) / math.sqrt(len(h))),
                         ("weighted-mean", "weightedmean_tokens", lambda h: (h * torch.arange(1, len(h) + 1)[:, None]).sum(0) / sum(range(1, len(h) + 1))),
                         ("max-of-tokens", "max_tokens", lambda h: h.max(0).values), ("last-token", "lasttoken", lambda h: h[-1])]:
    m = folder(name, {**BERT, "architectures": ["BertModel"]}, WORDS, UNCASED)
    modules(m, "Transformer", "Pooling"); pooling(m, 16, mode, **({f"pooling_mode_{mode}": True}))
    net, t = drawn(AutoModel, m, 20), AutoTokenizer.from_pretrained(m)
    case(m, f"pooling_mode_{mode}", embedded(pool(states(net, t, TEXTS[1])), TEXTS[1]))
m = folder("dense-gelu-layer-norm", {**BERT, "architectures": ["BertModel"]}, WORDS, UNCASED)
modules(m, "Transformer", "Pooling", "Dense", "LayerNorm"); pooling(m, 16, "mean_tokens")
net, t = drawn(AutoModel, m, 21), AutoTokenizer.from_pretrained(m)
d = dense(m, "2_Dense", 16, 12, 22, activation="torch.nn.modules.activation.GELU")
torch.manual_seed(23)
norm = {"norm.weight": 1 + 0.2 * torch.randn(12), "norm.bias": 0.2 * torch.randn(12)}
(m / "3_LayerNorm").mkdir(); save_file(norm, m / "3_LayerNorm/model.safetensors"); write(m / "3_LayerNorm/config.json", {"dimension": 12})
vector = torch.nn.functional.layer_norm(d(states(net, t, TEXTS[1]).mean(0)), (12,), norm["norm.weight"].double(), norm["norm.bias"].double())
case(m, "a Dense module with GELU, a LayerNorm module", embedded(vector, TEXTS[1]))

# Generation settings: tokens that may not come, at all or first; both on a GPT-2
GPT = ("30-generation-max-length", "vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json", "config.json", "model.safetensors")
m = folder("suppressed-tokens", {}, GPT)
t, net = AutoTokenizer.from_pretrained(m), AutoModelForCausalLM.from_pretrained(m).double().eval()
ids = t([TEXTS[1]], return_tensors="pt").input_ids
def told(**settings):
    write(m / "generation_config.json", {"bos_token_id": net.config.bos_token_id, "eos_token_id": net.config.eos_token_id, **settings})
    fresh = AutoModelForCausalLM.from_pretrained(m).double().eval()
    return fresh.generate(ids, max_new_tokens=8, do_sample=False)[0][ids.shape[1]:].tolist()
plain = told()
out = told(suppress_tokens=[plain[2]], begin_suppress_tokens=[plain[0]])
assert out != plain
case(m, "suppress_tokens and begin_suppress_tokens", greedy(out, "--max-new-tokens", "8"))

# Tokenizers: what companion files say over tokenizer.json, vocabularies alone
SENTENCES = ["Ünder the OLD café, a [MASK] sails!", "the sea"]


def encoded(name, about, config, tokenizer, tokenizer_config, **files):
    m = folder(name, config, tokenizer, tokenizer_config, **files)
    t = AutoTokenizer.from_pretrained(m)
    write(m.parent / "texts.txt", "\n".join(SENTENCES) + "\n")
    ids = {f"{i}/ids": t(s).input_ids for i, s in enumerate(SENTENCES)}
    case(m, about, {"graft": ["tokenizer", "encode", "--tokenizer", "model", "--input", "texts.txt"], "expect": {"jsonl": ids}})


encoded("accents-kept", "strip_accents false over tokenizer.json, which lowers letters and strips them", BERT, WORDS, {**UNCASED, "strip_accents": False})
encoded("case-kept", "do_lower_case false over tokenizer.json", BERT, WORDS, {**UNCASED, "do_lower_case": False})
encoded("prefix-space", "add_prefix_space true over a tokenizer.json without", {**ROBERTA}, ("25-ner-byte-level-words", "vocab.json", "merges.txt", "tokenizer.json"),
        {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": True, "model_max_length": 64})
encoded("vocabulary-alone", "vocab.txt and nothing else", BERT, ("18-st-dense", "vocab.txt"), None)
encoded("mask-of-the-map", "special_tokens_map.json names another mask", BERT, ("18-st-dense", "vocab.txt"), {"tokenizer_class": "BertTokenizer", "do_lower_case": True},
        **{"special_tokens_map.json": {"cls_token": "[CLS]", "mask_token": {"content": "<hole>", "lstrip": True, "normalized": False, "rstrip": False, "single_word": False},
                                       "pad_token": "[PAD]", "sep_token": "[SEP]", "unk_token": "[UNK]"}, "added_tokens.json": {"<hole>": 210}})
