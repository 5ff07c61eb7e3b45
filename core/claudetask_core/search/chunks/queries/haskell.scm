(declarations (function (infix operator: (_) @name)) @function)
(declarations (function name: (_) @name) @function)
(declarations (bind name: (_) @name) @function)
(declarations (signature name: (_) @name) @function)
(declarations (signature names: (binding_list (_) @name)) @function)
(declarations (data_type name: (_) @name) @type)
(declarations (newtype name: (_) @name) @type)
(declarations (type_synomym name: (_) @name) @type)
(declarations (class name: (_) @name) @class)
(declarations (instance name: (_) @name) @instance)
(declarations (type_family name: (_) @name) @type)
(data_constructor (prefix name: (_) @name)) @field
(data_constructor (record name: (_) @name)) @field
(newtype_constructor name: (_) @name) @field
(class_declarations (signature name: (_) @name) @prototype)
(field_name (variable) @name) @field
(header module: (_) @name) @module
(comment) @comment
(haddock) @comment
