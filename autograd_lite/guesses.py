"""Names of other libraries, and what the same thing is called here: the remedies of errors."""

MODULE = {
    "tensor": "ag.Tensor(...)",
    "Parameter": "ag.nn.Parameter(...)",
    "Variable": "ag.Tensor(...)",
    "array": "ag.Tensor(...)",
    "SGD": "ag.optim.SGD(parameters, lr=0.1)",
    "Adam": "ag.optim.Adam(parameters, lr=0.01)",
    "optimizers": "ag.optim",
    "layers": "ag.nn",
    "keras": "ag.nn and ag.fit",
    "autograd": "ag.grad",
    "backward": "loss.backward()",
    "jit": "ag.compile",
    "binary_cross_entropy": "ag.bce",
    "binary_cross_entropy_with_logits": "ag.bce_with_logits",
    "mse_loss": "ag.mse",
    "l1_loss": "ag.mae",
    "manual_seed": "ag.seed",
    "enable_grad": "the default; only ag.no_grad() turns recording off",
    "elementwise_grad": "ag.vjp(f, x)[1](np.ones_like(x))[0]",
}

TENSOR = {
    "zero_grad": "not needed: backward() overwrites .grad",
    "retain_grad": "not needed: backward() fills .grad of every tensor",
    "requires_grad_": "ag.Tensor(data, requires_grad=True)",
    "clone": "t + 0.0 in the graph, t.detach() outside",
    "view": "t.reshape(...)",
    "unsqueeze": "np.expand_dims(t, axis)",
    "permute": "t.transpose(...)",
    "mm": "a @ b",
    "pow": "a ** b",
    "sub": "a - b",
    "mul": "a * b",
    "div": "a / b",
    "tolist": "t.numpy().tolist()",
    "float": "ag.Tensor(t.numpy().astype(np.float32))",
    "double": "ag.Tensor(t.numpy().astype(np.float64))",
    "cpu": "not needed: all data are NumPy arrays",
    "cuda": "not available: all data are NumPy arrays",
    "to": "not needed: all data are NumPy arrays",
    "grad_fn": "t.op",
    "is_leaf": "t.op is None",
}

OPTIMIZER = {
    "param_groups": "parameters are in .params, and settings are attributes, such as .lr",
    "add_param_group": "make one optimiser for each group of parameters",
    "state_dict": "copy.deepcopy((model, optimizer)) and pickle keep its state with the parameters",
}

# Our name of an argument or a setting, if needed with a remark, and the names that others have for it.
_ARGUMENTS = {
    "validation": "validation_split validation_data",
    "progress": "verbose",
    "loss": "criterion loss_fn",
    "optimizer": "solver",
    "optimizer: ag.optim.Adam(model.parameters(), lr=0.01)": "lr",
    "epochs": "num_epochs n_epochs max_epochs max_iter",
    "batch_size: each epoch then takes the examples in a new random order": "shuffle",
    "callbacks: [ag.EarlyStopping(patience=10)]": "patience early_stopping",
    "rng": "seed random_state",
    "lr": "learning_rate learning_rate_init",
    "betas": "beta1 beta2 beta_1 beta_2",
    "eps": "epsilon",
    "alpha": "rho",
    "weight_decay": "alpha penalty",
    "hidden": "hidden_layer_sizes",
    "restore_best": "restore_best_weights",
}
ARGUMENTS = {other: ours for ours, others in _ARGUMENTS.items() for other in others.split()}
